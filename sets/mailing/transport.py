"""The way out: SMTP, or files on a machine without a mail server. The only module that speaks SMTP.

Flask-Mail opens connections without time-outs and without verifying certificates; here it gets both, and one
deadline for a whole dialogue, which no server can stretch by answering a byte at a time.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import flask_mail
from flask import Flask

from .. import clock
from ..config import LOCAL
from .mime import Envelope

# Seconds for one dialogue, connecting included; the lease of a mail is longer (claims.LEASE).
DEADLINE = 30.0
CONNECT_LIMIT = 10.0
# A connection is left after so many mails, or when it was idle for so many seconds.
MAILS_PER_CONNECTION = 200
IDLE_LIMIT = 30.0

# Answers that speak of the account or of the service, not of this mail.
_SERVICE = {421, 432, 454, 530, 534, 535, 538}
# What stops a connection, by the exception; the first that fits.
_STAGES: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "sign_in"), (smtplib.SMTPNotSupportedError, "no_tls"),
    (smtplib.SMTPServerDisconnected, "unreachable"), (smtplib.SMTPException, "refused"),
    (ssl.SSLError, "certificate"), (ConnectionRefusedError, "closed"), (OSError, "unreachable"),
)  # fmt: skip
_LINE_DOT = re.compile(rb"(?m)^\.")


class Result(StrEnum):
    """What became of a dialogue. `UNKNOWN`: it broke between the final dot and the answer."""

    SENT = "sent"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """The end of one dialogue, in the server's words."""

    result: Result
    code: int | None = None
    text: str = ""


class ServerTrouble(Exception):  # noqa: N818 - says what is the matter, like the server does
    """The server takes no mail at all just now; none was tried."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.text, self.code = text, code


class Transport(Protocol):
    """A way out, for one sender."""

    def open(self) -> None:
        """Be ready for a mail; raises ServerTrouble."""
        ...

    def deliver(self, mail: Envelope, public_id: str) -> Outcome:
        """Hand over one mail; raises ServerTrouble when it was not tried."""
        ...

    def close(self) -> None:
        """Say goodbye."""
        ...


def mode(app: Flask) -> str:
    """Return where mails go: "smtp", "files" (local, no server) or "nowhere" (they wait; staff see a banner)."""
    if app.config["MAIL_SERVER"]:
        return "smtp"
    return "files" if app.config["ENV"] == LOCAL else "nowhere"


def make_transport(app: Flask) -> Transport | None:
    """Return a new way out, or None where mails must wait."""
    way = mode(app)
    if way == "smtp":
        return SMTPTransport(app)
    return FileTransport(folder_of_files(app)) if way == "files" else None


@dataclass(frozen=True)
class Look:
    """What a look at the mail server found, in its words. `stage` is "ready" or what stopped it, see `_STAGES`."""

    stage: str
    code: int | None = None
    text: str = ""
    is_encrypted: bool = False
    is_signed_in: bool = False


def look(app: Flask, seconds: float) -> Look:
    """Connect to the mail server and sign in, as a sender does, then leave: no mail is sent. Raises nothing."""
    mail = flask_mail.Mail(app)
    try:
        until = time.monotonic() + seconds
        line = Connection(mail, _host_name(app), app.config["MAIL_CA_FILE"]).dial(until)
    except (OSError, smtplib.SMTPException) as error:
        stage = next(stage for kind, stage in _STAGES if isinstance(error, kind))
        if isinstance(error, smtplib.SMTPNotSupportedError) and "STARTTLS" not in str(error):
            stage = "sign_in"
        text = _words(getattr(error, "smtp_error", "")) or _reason(error)
        return Look(stage, getattr(error, "smtp_code", None), text)
    encrypted = isinstance(line.sock, ssl.SSLSocket)
    _say_goodbye(line)
    return Look("ready", is_encrypted=encrypted, is_signed_in=bool(mail.username and mail.password))


def folder_of_files(app: Flask) -> Path:
    """Return the folder of the mails that became files."""
    return Path(app.instance_path) / "mail"


def file_of(app: Flask, public_id: str) -> Path | None:
    """Return the file that this mail became, if it did."""
    return next(iter(sorted(folder_of_files(app).glob(f"*-{public_id}.eml"))), None)


class FileTransport:
    """Writes each mail as an .eml file, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> None:
        """Make the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def deliver(self, mail: Envelope, public_id: str) -> Outcome:
        """Write the whole file or none."""
        path = self.folder / f"{clock.now():%Y-%m-%d-%H%M%S}-{public_id}.eml"
        draft = path.with_suffix(".draft")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(mail.content)
            os.replace(draft, path)
        except OSError as error:
            raise ServerTrouble(f"The folder of mails cannot be written ({error.strerror}).") from None
        return Outcome(Result.SENT, None, path.name)

    def close(self) -> None:
        """Do nothing."""


class SMTPTransport:
    """One connection, kept from mail to mail."""

    def __init__(self, app: Flask, deadline: float = DEADLINE) -> None:
        self._connection = Connection(flask_mail.Mail(app), _host_name(app), app.config["MAIL_CA_FILE"])
        self._deadline = deadline
        self._line: _Line | None = None
        self._used, self._last = 0, 0.0

    def open(self) -> None:
        """Have a connection that is worth a try."""
        if self._line is not None and (
            self._used >= MAILS_PER_CONNECTION or time.monotonic() - self._last > IDLE_LIMIT
        ):
            self.close()
        if self._line is None:
            self._connect(time.monotonic() + self._deadline)

    def deliver(self, mail: Envelope, public_id: str) -> Outcome:
        """Hand over one mail. A kept connection that the server left meanwhile is replaced, within the deadline."""
        until = time.monotonic() + self._deadline
        if self._line is not None and self._used:
            try:
                return self._hand_over(self._line, mail, until)
            except ServerTrouble:
                self._drop()
        if self._line is None:
            self._connect(until)
        assert self._line is not None
        try:
            return self._hand_over(self._line, mail, until)
        except ServerTrouble:
            self._drop()
            raise

    def close(self) -> None:
        """Say goodbye, without waiting long for the answer."""
        line, self._line = self._line, None
        if line is not None:
            _say_goodbye(line)

    def _connect(self, until: float) -> None:
        self._drop()
        self._line = self._connection.open(until)
        self._used = 0

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _hand_over(self, line: _Line, mail: Envelope, until: float) -> Outcome:
        """Speak one dialogue. Raises ServerTrouble as long as the server said nothing about this mail."""
        line.until, line.dot_sent = until, False
        line.command_encoding = "utf-8" if mail.needs_utf8 else "ascii"
        heard = False
        if mail.needs_utf8 and not line.has_extn("smtputf8"):
            return Outcome(
                Result.PERMANENT, None, "The mail server does not take addresses with such letters."
            )
        try:
            code, text = line.docmd(
                "MAIL", f"FROM:<{mail.sender}>" + (" SMTPUTF8" if mail.needs_utf8 else "")
            )
            if code in _SERVICE:
                raise ServerTrouble(_words(text), code)
            heard = True
            if _is_yes(code):
                code, text = line.docmd("RCPT", f"TO:<{mail.recipient}>")
            if _is_yes(code):
                code, text = line.data(mail.content)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            self._drop()
            if not heard and not isinstance(error, ValueError):
                raise ServerTrouble(_reason(error)) from None
            return Outcome(Result.UNKNOWN if line.dot_sent else Result.TEMPORARY, None, _reason(error))
        self._used += 1
        self._last = time.monotonic()
        if _is_yes(code):
            return Outcome(Result.SENT, code, _words(text))
        self._begin_again(line, code)
        if code >= 400:
            return Outcome(Result.PERMANENT if code >= 500 else Result.TEMPORARY, code, _words(text))
        # No answer that SMTP knows: as good as none.
        return Outcome(Result.UNKNOWN if line.dot_sent else Result.TEMPORARY, None, _words(text))

    def _begin_again(self, line: _Line, code: int) -> None:
        try:
            if not 400 <= code != 421 or not _is_yes(line.rset()[0]):
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()


class Connection(flask_mail.Connection):
    """Flask-Mail's connection with time-outs, and TLS that is verified."""

    def __init__(self, mail: Any, own_name: str, ca_file: str) -> None:
        super().__init__(mail)
        self._own_name = own_name
        self._until = 0.0
        self._secure: ssl.SSLContext | None = None
        if mail.use_ssl or mail.use_tls:
            self._secure = ssl.create_default_context(cafile=ca_file or None)

    def open(self, until: float) -> _Line:
        """Return a connection over which mails can be sent; raises ServerTrouble."""
        try:
            return self.dial(until)
        except smtplib.SMTPResponseException as error:
            raise ServerTrouble(_words(error.smtp_error), error.smtp_code) from None
        except (OSError, smtplib.SMTPException) as error:
            raise ServerTrouble(_reason(error)) from None

    def dial(self, until: float) -> _Line:
        """Return the connection as `open` does, or raise what stopped it."""
        self._until = until
        return self.configure_host()

    def configure_host(self) -> _Line:
        """Connect, turn to TLS and sign in, as the settings say."""
        line = _Line(self._until, self._own_name)
        try:
            if self.mail.use_ssl:
                line.secure = self._secure
            line.dial(self.mail.server, self.mail.port)
            if self.mail.use_tls:
                line.starttls(context=self._secure)
            line.ehlo_or_helo_if_needed()
            if self.mail.username and self.mail.password:
                line.login(self.mail.username, self.mail.password)
        except BaseException:
            line.close()
            raise
        return line


class _Line(smtplib.SMTP):
    """smtplib's dialogue, bounded as a whole, that remembers whether the final dot left."""

    def __init__(self, until: float, own_name: str) -> None:
        super().__init__(local_hostname=own_name, timeout=CONNECT_LIMIT)
        self.until = until
        self.dot_sent = False
        self.secure: ssl.SSLContext | None = None

    def dial(self, host: str, port: int) -> None:
        """Connect and read the greeting."""
        # `starttls` verifies the certificate for this name, which the constructor takes only together with connecting.
        self._host = host
        code, text = self.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)

    def left(self) -> float:
        """Return the seconds that remain of the dialogue."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), min(timeout, self.left()))
        # A dialogue is short questions and answers: nothing is won by collecting them.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.secure.wrap_socket(plain, server_hostname=host) if self.secure else plain

    def send(self, s: Any) -> None:
        if self.sock:
            self.sock.settimeout(self.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = io.BufferedReader(_Bounded(self))
        return super().getreply()

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send a message whose lines end in CRLF; 5xx and 4xx are answers, not exceptions."""
        code, text = self.docmd("DATA")
        if code != 354:
            return (code if code >= 400 else -1), text
        end = b".\r\n" if msg.endswith(b"\r\n") else b"\r\n.\r\n"
        self.send(_LINE_DOT.sub(b"..", msg) + end)
        self.dot_sent = True
        return self.getreply()


class _Bounded(io.RawIOBase):
    """Reads a line's socket: each wait is as long as what is left of the dialogue."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        sock = self._line.sock
        if sock is None:
            raise ConnectionError("the connection is closed")
        sock.settimeout(self._line.left())
        return sock.recv_into(buffer)


def _say_goodbye(line: _Line) -> None:
    line.until = time.monotonic() + 2
    with contextlib.suppress(OSError, smtplib.SMTPException):
        line.quit()
    line.close()


def _is_yes(code: int) -> bool:
    return 200 <= code < 300


def _words(text: Any) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(words.split())[:500]


def _reason(error: Exception) -> str:
    return _words(str(error)) or type(error).__name__


def _host_name(app: Flask) -> str:
    """Return how this machine calls itself to the server; never asks the DNS, which may take seconds."""
    name = urlsplit(app.config["BASE_URL"]).hostname or "localhost"
    return name if name.isascii() else name.encode("idna").decode()
