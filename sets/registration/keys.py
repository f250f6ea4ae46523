"""The tokens in learners' links: personal page, way into a meeting, calendar feed. Nothing of them is stored."""

from __future__ import annotations

import uuid
from typing import Any

from ..tokens import make_token, read_token

PAGE = "my"
FEED = "feed"


class LinkUnknown(LookupError):  # noqa: N818  (what it is)
    """The link is none of ours, or its person or meeting is gone. `is_revoked`: it was replaced by a newer one."""

    def __init__(self, *, is_revoked: bool = False) -> None:
        super().__init__("revoked" if is_revoked else "unknown")
        self.is_revoked = is_revoked


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


def _join(meeting_public_id: str) -> str:
    return f"join:{meeting_public_id}"
