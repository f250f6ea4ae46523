"""The tokens in learners' links: own page, way into a meeting, feed, change of address. Nothing of them is stored."""

from __future__ import annotations

import uuid
from typing import Any

from ..tokens import keyed_hash, make_token, read_token

PAGE = "my"
FEED = "feed"


class LinkUnknown(LookupError):  # noqa: N818  (what it is)
    """The link is none of ours, or its person or meeting is gone.

    `is_revoked`: it was replaced by a newer one; `is_erased`: its person was erased.
    """

    def __init__(self, *, is_revoked: bool = False, is_erased: bool = False) -> None:
        super().__init__("revoked" if is_revoked else "erased" if is_erased else "unknown")
        self.is_revoked = is_revoked
        self.is_erased = is_erased


def page_token(learner: Any) -> str:
    """Return the token of a learner's personal page (`public_id`, `link_version`)."""
    return make_token(PAGE, learner.public_id, learner.link_version)


def read_page_token(token: str) -> tuple[str, int] | None:
    """Return (the learner's public id, version), or None when the token is not one of ours."""
    return read_token(PAGE, token)


def join_token(learner: Any, meeting_public_id: str) -> str:
    """Return the token of one learner's way into one meeting."""
    token = make_token(_join(meeting_public_id), learner.public_id, learner.link_version)
    return f"{uuid.UUID(meeting_public_id).hex}.{token}"


def read_join_token(token: str) -> tuple[str, str, int] | None:
    """Return (the meeting's public id, the learner's, version), or None when the token is not one of ours."""
    meeting, _dot, rest = token.partition(".")
    try:
        meeting_public_id = str(uuid.UUID(meeting)) if len(meeting) == 32 else ""
    except ValueError:
        return None
    read = read_token(_join(meeting_public_id), rest) if meeting_public_id else None
    return (meeting_public_id, *read) if read else None


def feed_token(learner: Any) -> str:
    """Return the token of a learner's calendar feed (`public_id`, `feed_version`)."""
    return make_token(FEED, learner.public_id, learner.feed_version)


def read_feed_token(token: str) -> tuple[str, int] | None:
    """Return (the learner's public id, version), or None when the token is not one of ours."""
    return read_token(FEED, token)


def address_token(learner: Any, address_key: str) -> str:
    """Return the token by which a new address says that it is theirs; bound to address, person and link's version."""
    return _bound("address", learner.public_id, address_key, learner.link_version)


def read_address_token(token: str) -> tuple[str, str, int] | None:
    """Return (what stands for the address, the learner's public id, version), or None when it is not one of ours."""
    return _read_bound("address", token)


def recovery_token(learner: Any, address_key: str) -> str:
    """Return the token by which an old address says "this was not me"; a new link does not end it."""
    return _bound("recovery", learner.public_id, address_key, 1)


def read_recovery_token(token: str) -> tuple[str, str, int] | None:
    """Return (what stands for the address, the learner's public id, 1), or None when it is not one of ours."""
    return _read_bound("recovery", token)


def address_digest(address_key: str) -> str:
    """Return what stands for an address in a link."""
    return keyed_hash("address", address_key)[:20]


def _bound(purpose: str, public_id: str, address_key: str, version: int) -> str:
    digest = address_digest(address_key)
    return f"{digest}.{make_token(f'{purpose}:{digest}', public_id, version)}"


def _read_bound(purpose: str, token: str) -> tuple[str, str, int] | None:
    digest, _dot, rest = token.partition(".")
    read = read_token(f"{purpose}:{digest}", rest) if len(digest) == 20 and digest.isascii() else None
    return (digest, *read) if read else None


def _join(meeting_public_id: str) -> str:
    return f"join:{meeting_public_id}"
