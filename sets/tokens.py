"""Links nobody can guess: a public id and an HMAC over (purpose, id, version). Nothing secret is stored.

Revoking a link adds 1 to the version that its row carries. Format:
`<32 hex of the id>.<version>.<22 characters of HMAC>`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

from flask import current_app

# Bytes of the HMAC that travel: 128 bits (OWASP ASVS 5.0, 7.2).
LENGTH = 16


def make_token(purpose: str, public_id: str, version: int = 1) -> str:
    """Return the token of that row for that purpose."""
    return f"{uuid.UUID(public_id).hex}.{version}.{_seal(purpose, public_id, version)}"


def read_token(purpose: str, token: str) -> tuple[str, int] | None:
    """Return (public id, version) when the token is whole and made for this purpose; else None.

    The caller compares the version with the row's.
    """
    parts = token.split(".")
    if (
        len(parts) != 3
        or not parts[1].isascii()
        or not parts[1].isdigit()
        or len(parts[1]) > 9
        or len(parts[0]) != 32
    ):
        return None
    try:
        public_id = str(uuid.UUID(parts[0]))
    except ValueError:
        return None
    seal = _seal(purpose, public_id, int(parts[1]))
    return (public_id, int(parts[1])) if hmac.compare_digest(seal.encode(), parts[2].encode()) else None


def keyed_hash(purpose: str, text: str) -> str:
    """Return a keyed hash (hex) of a text that must not be stored, such as an address in a limit."""
    return hmac.new(_key(), f"{purpose}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _seal(purpose: str, public_id: str, version: int) -> str:
    message = f"link\0{purpose}\0{public_id}\0{version}".encode()
    digest = hmac.new(_key(), message, hashlib.sha256).digest()[:LENGTH]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _key() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()
