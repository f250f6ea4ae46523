"""A real SMTP server on loopback that keeps what it gets and can be told to misbehave."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

REFUSED = "550 5.1.1 No such mailbox"
GREYLISTED = "451 4.7.1 Greylisted, come back later"


@dataclass(frozen=True)
class Received:
    """One accepted mail: the envelope, the message, and the bytes as they came."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    content: bytes

    @property
    def subject(self) -> str:
        """The subject line, decoded."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text part."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML part."""
        return self._body("html")

    @property
    def calendars(self) -> list[str]:
        """Every calendar part."""
        return [
            part.get_content() for part in self.message.walk() if part.get_content_type() == "text/calendar"
        ]

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None, f"The mail {self.subject!r} has no {kind} part."
        return part.get_content().replace("\r\n", "\n")


@dataclass
class MailServer:
    """The server and its script. Change the script at any time; it is read at each mail.

    `refuse` and `greylist` are sets of addresses ("*" is everyone); a greylisted address is refused once.
    `hang_up` closes the connection during DATA, that many times; `hang_up_after` does so after the mail was
    taken, before the answer. `stall` is how many seconds the answer to DATA waits. `answer` replaces it.
    """

    host: str = "127.0.0.1"
    port: int = 0
    refuse: set[str] = field(default_factory=set)
    greylist: set[str] = field(default_factory=set)
    hang_up: int = 0
    hang_up_after: int = 0
    stall: float = 0.0
    answer: str = ""
    inbox: list[Received] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    connections: int = 0
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def to(self, address: str) -> list[Received]:
        """Return the mails that this address got."""
        return [mail for mail in self.inbox if address in mail.recipients]

    def wait_for(self, count: int, *, address: str = "", limit: float = 30) -> list[Received]:
        """Return the mails (of this address) once there are `count`; fails after `limit` seconds."""

        def found() -> list[Received]:
            return self.to(address) if address else list(self.inbox)

        with self._arrived:
            if not self._arrived.wait_for(lambda: len(found()) >= count, limit):
                got = [(mail.recipients, mail.subject) for mail in self.inbox]
                raise AssertionError(f"{count} mails expected for {address or 'anyone'}, these came: {got}")
            return found()

    def clear(self) -> None:
        """Forget what came."""
        self.inbox.clear()
        self.attempts.clear()

    # The names below are aiosmtpd's.

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        self.attempts.append(address)
        if address in self.refuse or "*" in self.refuse:
            return REFUSED
        if (address in self.greylist or "*" in self.greylist) and address not in self._seen:
            self._seen.add(address)
            return GREYLISTED
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take the mail, or misbehave."""
        if self.hang_up > 0:
            self.hang_up -= 1
            server.transport.abort()
            return "421 gone"
        if self.stall:
            await asyncio.sleep(self.stall)
        if self.answer:
            return self.answer
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        mail = Received(
            envelope.mail_from, tuple(envelope.rcpt_tos), cast(EmailMessage, message), envelope.content
        )
        with self._arrived:
            self.inbox.append(mail)
            self._arrived.notify_all()
        if self.hang_up_after > 0:
            self.hang_up_after -= 1
            server.transport.abort()
        return "250 Taken"

    def __post_init__(self) -> None:
        self._seen: set[str] = set()


class _Controller(Controller):
    """aiosmtpd's controller on a port that the system chooses."""

    mail: MailServer

    def factory(self) -> SMTP:
        self.mail.connections += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a password without STARTTLS is meant here
            return super().factory()

    def _trigger_server(self) -> None:
        # It connects once to itself to make sure that it listens; port 0 must be known before.
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@contextmanager
def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: bool = False,
    port: int = 0,
    login: tuple[str, str] | None = None,
) -> Iterator[MailServer]:
    """Run a server for the length of the block.

    With `tls`, it speaks TLS from the first byte, or after STARTTLS (then required) when `starttls`.
    `login` is the only user and password it takes.
    """
    mail = MailServer()

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        from aiosmtpd.smtp import AuthResult

        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == login, handled=False)

    options: dict[str, Any] = {
        "hostname": mail.host,
        "port": port,
        "decode_data": False,
        "enable_SMTPUTF8": True,
    }
    if tls is not None and starttls:
        options |= {"tls_context": tls, "require_starttls": True}
    elif tls is not None:
        options |= {"ssl_context": tls}
    if login is not None:
        # aiosmtpd asks for STARTTLS before a password unless told otherwise, also inside TLS.
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": starttls}
    controller = _Controller(mail, **options)
    controller.mail = mail
    controller.start()
    mail.port = controller.port
    mail.connections = 0
    try:
        yield mail
    finally:
        controller.stop()


def make_certificates(folder: Path, *, name: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """Return a server's TLS context for `name` (address or host name) and the file of the authority behind it."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = datetime.now(UTC)

    def subject(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def builder(text: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject(text))
            .issuer_name(subject("Test authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    authority_key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    authority = (
        builder("Test authority", authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    server = (
        builder(name, server_key)
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    authority_file, server_file = folder / "authority.pem", folder / "server.pem"
    authority_file.write_bytes(authority.public_bytes(encoding))
    key = server_key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server_file.write_bytes(key + server.public_bytes(encoding))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server_file)
    return context, authority_file
