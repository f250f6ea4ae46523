"""Every setting of the site: its name, its kind, its default, what it is for. Read once, refused when wrong.

A setting comes from the environment under its full name (`SETS_BASE_URL`) and is kept in `app.config` without the
prefix (`BASE_URL`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "SETS_"
LOCAL, PRODUCTION = "local", "production"
SHORTEST_SECRET = 32


class SettingRefused(ValueError):  # noqa: N818  (it is a refusal)
    """A setting is missing or malformed; the text names the variable, the value and an example."""


@dataclass(frozen=True)
class Setting:
    """One line of the table below: `read` turns the variable's text into a value, or raises ValueError."""

    name: str
    read: Callable[[str], Any]
    default: Any
    example: str
    purpose: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable's name."""
        return PREFIX + self.name


def _text(value: str) -> str:
    return value


def _boolean(value: str) -> bool:
    words = {
        "true": True,
        "yes": True,
        "1": True,
        "on": True,
        "false": False,
        "no": False,
        "0": False,
        "off": False,
    }
    if value.strip().lower() not in words:
        raise ValueError("is neither true nor false")
    return words[value.strip().lower()]


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError("is not a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"is not between {low} and {high}")
        return number

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError("is not one of " + ", ".join(choices))
        return value

    return read


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("is not a web address that starts with http:// or https://")
    return value.rstrip("/")


def _bind(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("is not an address and a port")
    return value


def _database(value: str) -> str:
    if value.startswith("postgres://"):
        value = "postgresql://" + value.removeprefix("postgres://")
    if value.startswith("postgresql://"):
        value = "postgresql+psycopg://" + value.removeprefix("postgresql://")
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("is neither a SQLite nor a PostgreSQL address")
    return value


def _queue(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "redis://", "rediss://")):
        raise ValueError("is not a SQLite, PostgreSQL or Redis address")
    return value


def _sender(value: str) -> str:
    from email.utils import parseaddr

    if "@" not in parseaddr(value)[1] or "\n" in value or "\r" in value:
        raise ValueError("is not an e-mail address")
    return value


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "ENV",
        _one_of(LOCAL, PRODUCTION),
        PRODUCTION,
        "production",
        "`local` on your own machine: mails become files, example sessions are made. Anything public is `production`.",
    ),
    Setting(
        "SECRET_KEY",
        _text,
        None,
        "the output of: python -c 'import secrets; print(secrets.token_hex(32))'",
        "Signs staff cookies and learners' links. Made at the first start in instance/ when not given.",
        secret=True,
    ),
    Setting(
        "BASE_URL",
        _web_address,
        None,
        "https://trainings.example.org",
        "The public address of the site, used in every mail. Needed in production.",
    ),
    Setting(
        "INSTANCE_PATH",
        _text,
        None,
        "/var/lib/sets",
        "Where this machine's data live: database, secrets, brochures, backups. By default the folder instance/.",
    ),
    Setting(
        "SQLALCHEMY_DATABASE_URI",
        _database,
        None,
        "postgresql://sets:password@localhost/sets",
        "The database. By default SQLite in instance/sets.db.",
        secret=True,
    ),
    Setting(
        "QUEUE_URL",
        _queue,
        None,
        "redis://localhost:6379/0",
        "Where the worker's bell is kept. By default SQLite in instance/queue.db.",
        secret=True,
    ),
    Setting(
        "BIND",
        _bind,
        "127.0.0.1:8000",
        "127.0.0.1:8000",
        "The address and port that the web server listens on.",
    ),
    Setting(
        "PROXIES",
        _whole(0, 5),
        0,
        "1",
        "How many reverse proxies stand in front of the site and set X-Forwarded-For.",
    ),
    Setting("WEB_WORKERS", _whole(1, 64), 2, "2", "How many web processes."),
    Setting("WEB_THREADS", _whole(1, 64), 4, "4", "How many threads in each web process."),
    Setting(
        "SENDERS",
        _whole(2, 32),
        3,
        "3",
        "How many mails may be on their way at once. One sender takes confirmations and account mails only.",
    ),
    Setting(
        "CAMPAIGN_RATE",
        _whole(1, 100_000),
        1200,
        "1200",
        "How many mails of a campaign may leave in a minute. Confirmations go first, whatever it says.",
    ),
    Setting(
        "MAIL_SERVER",
        _text,
        "",
        "smtp.example.org",
        "The SMTP server. Without one, mails wait (production) or become files (local).",
    ),
    Setting("MAIL_PORT", _whole(1, 65535), 587, "587", "The SMTP server's port."),
    Setting(
        "MAIL_USE_TLS",
        _boolean,
        True,
        "true",
        "Begin in clear and turn to TLS (STARTTLS); certificates are verified.",
    ),
    Setting(
        "MAIL_USE_SSL",
        _boolean,
        False,
        "false",
        "TLS from the first byte (port 465). Replaces SETS_MAIL_USE_TLS.",
    ),
    Setting(
        "MAIL_CA_FILE",
        _text,
        "",
        "/etc/ssl/mail-ca.pem",
        "A certificate authority of your own for the SMTP server.",
    ),
    Setting("MAIL_USERNAME", _text, "", "sets@example.org", "The SMTP account."),
    Setting("MAIL_PASSWORD", _text, "", "a password", "Its password.", secret=True),
    Setting(
        "MAIL_DEFAULT_SENDER",
        _sender,
        "",
        "SETS <trainings@example.org>",
        "The sender of every mail. By default the catalogue's contact address.",
    ),
    Setting(
        "BOUNCE_IMAP_SERVER",
        _text,
        "",
        "imap.example.org",
        "The IMAP server (TLS) of the mailbox to which mails come back: the sender's. Without one, nobody looks.",
    ),
    Setting("BOUNCE_IMAP_PORT", _whole(1, 65535), 993, "993", "The IMAP server's port."),
    Setting("BOUNCE_IMAP_USERNAME", _text, "", "trainings@example.org", "The mailbox's account."),
    Setting("BOUNCE_IMAP_PASSWORD", _text, "", "a password", "Its password.", secret=True),
    Setting(
        "RATELIMIT_ENABLED",
        _boolean,
        True,
        "true",
        "Limits on forms and sign-in, and the honeypot's hold. Switch off for load tests only.",
    ),
    Setting("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info", "info", "How much is logged."),
)


def load_settings(given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every setting without its prefix, read from `given` (default: the environment).

    Raises SettingRefused with a sentence a person can act on. Creates the instance folder and its secrets.
    """
    source = dict(os.environ if given is None else given)
    known = {setting.variable for setting in SETTINGS}
    values: dict[str, Any] = {setting.name: _value(setting, source) for setting in SETTINGS}
    for name in source:
        if name.startswith(PREFIX) and name not in known:
            raise SettingRefused(
                f"{name} is not a setting of this site. The settings are in docs/operations.md."
            )
    instance = Path(values["INSTANCE_PATH"] or Path(__file__).resolve().parent.parent / "instance").resolve()
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingRefused(
            f"{PREFIX}INSTANCE_PATH is {str(instance)!r}, and this folder cannot be made ({error.strerror}). "
            "Example: /var/lib/sets"
        ) from None
    values["INSTANCE_PATH"] = str(instance)
    values["SQLALCHEMY_DATABASE_URI"] = (
        values["SQLALCHEMY_DATABASE_URI"] or f"sqlite:///{instance / 'sets.db'}"
    )
    values["QUEUE_URL"] = values["QUEUE_URL"] or f"sqlite:///{instance / 'queue.db'}"
    if values["MAIL_USE_SSL"]:
        values["MAIL_USE_TLS"] = False
    values["BASE_URL"] = values["BASE_URL"] or _local_address(values)
    _check_together(values, source)
    values["SECRET_KEY"] = values["SECRET_KEY"] or kept_secret(instance, "secret_key")
    values["SECURITY_PASSWORD_SALT"] = kept_secret(instance, "password_salt")
    return values


def kept_secret(instance: Path, name: str) -> str:
    """Return the secret of that name in instance/, made at first use and readable by its owner only (mode 600)."""
    path = instance / name
    try:
        # Created exclusively: several processes start at once, and one of them must win.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        for _ in range(100):
            if text := path.read_text().strip():
                return text
            _pause()
        raise SettingRefused(
            f"The file {path} is empty. Delete it to have a new secret made, or restore it."
        ) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text().strip()


def _pause() -> None:
    import time

    time.sleep(0.02)


def _value(setting: Setting, source: Mapping[str, Any]) -> Any:
    raw = source.get(setting.variable)
    if raw is None or raw == "":
        return setting.default
    if not isinstance(raw, str):
        raw = str(raw)
    try:
        return setting.read(raw)
    except ValueError as error:
        shown = "(hidden)" if setting.secret else repr(raw)
        raise SettingRefused(
            f"{setting.variable} is {shown}, which {error}. Example: {setting.example}"
        ) from None


def _local_address(values: Mapping[str, Any]) -> str:
    return f"http://{values['BIND']}" if values["ENV"] == LOCAL else ""


def _check_together(values: Mapping[str, Any], source: Mapping[str, Any]) -> None:
    key = values["SECRET_KEY"]
    if key is not None and (len(key) < SHORTEST_SECRET or len(set(key)) < 10):
        raise SettingRefused(
            f"{PREFIX}SECRET_KEY is too short or too simple: it needs {SHORTEST_SECRET} characters or more, "
            "made by chance. Leave it out to have one made in instance/. Example: "
            + next(setting.example for setting in SETTINGS if setting.name == "SECRET_KEY")
        )
    if values["ENV"] == PRODUCTION and not values["BASE_URL"]:
        raise SettingRefused(
            f"{PREFIX}BASE_URL is missing: in production the site must know its public address, "
            "which stands in every mail. "
            f"Example: {PREFIX}BASE_URL=https://trainings.example.org (or {PREFIX}ENV=local on your own machine)"
        )
    if values["MAIL_SERVER"] and values["ENV"] == PRODUCTION and not values["MAIL_DEFAULT_SENDER"]:
        raise SettingRefused(
            f"{PREFIX}MAIL_DEFAULT_SENDER is missing: mails need a sender. Example: SETS <trainings@example.org>"
        )
    if values["BOUNCE_IMAP_SERVER"] and not (
        values["BOUNCE_IMAP_USERNAME"] and values["BOUNCE_IMAP_PASSWORD"]
    ):
        raise SettingRefused(
            f"{PREFIX}BOUNCE_IMAP_USERNAME or {PREFIX}BOUNCE_IMAP_PASSWORD is missing: "
            f"{PREFIX}BOUNCE_IMAP_SERVER needs both. Example: {PREFIX}BOUNCE_IMAP_USERNAME=trainings@example.org"
        )
