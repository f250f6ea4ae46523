"""From a row to a mail: composed and rendered when it is sent, in the receiver's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import css_inline
from flask import current_app

from .. import clock
from ..languages import speaking
from . import kinds
from .kinds import Letter, Posted
from .letterhead import letterhead, reply_address, sender
from .links import Links
from .mime import EMBLEM_ID, Content, Envelope, envelope


@dataclass(frozen=True)
class Ready:
    """A mail that may leave, and what is kept of it: subject and text with the learner's links masked."""

    posted: Posted
    envelope: Envelope
    subject: str
    text: str | None


def render(posted: Posted) -> Ready:
    """Return the mail of that row. Reads the database, writes nothing.

    Raises NotWanted from its composer, UnknownKind, AddressRefused for an impossible address.
    """
    kind = kinds.find(posted.kind)
    links = Links()
    with speaking(posted.language):
        letter = kind.compose(posted, links)
        subject, text, html = _texts(letter, posted.kind, posted.language)
    programme = letterhead()
    content = Content(
        subject=links.filled(subject),
        text=links.filled(text),
        html=links.filled(html, html=True),
        has_emblem=programme.funder == "eu",
        parts=letter.parts,
    )
    mail = envelope(
        content,
        public_id=posted.public_id,
        sender=sender(),
        to=posted.to_address,
        date=clock.now(),
        reply_to=letter.reply_to or reply_address(),
        headers=letter.headers,
    )
    return Ready(posted, mail, links.masked(subject), links.masked(text) if kind.keeps_text else None)


def preview(posted: Posted) -> tuple[str, str, str]:
    """Return subject, text and HTML of the mail as staff may see it: without the learner's links."""
    links = Links()
    with speaking(posted.language):
        texts = _texts(kinds.find(posted.kind).compose(posted, links), posted.kind, posted.language)
    subject, text, html = (links.masked(one) for one in texts)
    return subject, text, html


def draft(letter: Letter, kind: str, language: str, links: Links) -> tuple[str, str]:
    """Return subject and text of a mail that is not posted yet, as staff may see it. Speak its language meanwhile."""
    subject, text, _html = draft_whole(letter, kind, language, links)
    return subject, text


def draft_whole(letter: Letter, kind: str, language: str, links: Links) -> tuple[str, str, str]:
    """Return subject, text and HTML of a mail that is not posted yet, as `draft` does."""
    subject, text, html = (links.masked(one) for one in _texts(letter, kind, language))
    return subject, text, html


def _texts(letter: Letter, kind: str, language: str) -> tuple[str, str, str]:
    folder = f"mail/{letter.template or kind}"
    context: dict[str, Any] = {
        "posters": letter.posters,
        "programme": letterhead(),
        "lang": language,
        "base_url": current_app.config["BASE_URL"],
        "emblem": f"cid:{EMBLEM_ID}",
        **letter.context,
    }
    # Straight from the environment: a context processor may expect a request, and there is none.
    template = current_app.jinja_env.get_template
    subject = " ".join(template(f"{folder}/subject.txt").render(context).split())
    text = _tidy(template(f"{folder}/body.txt").render(context))
    return subject, text, _inliner().inline(template(f"{folder}/body.html").render(context))


def _tidy(text: str) -> str:
    """Return the text without the blank lines that a template's conditions leave."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip() + "\n"


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(
        load_remote_stylesheets=False, keep_at_rules=True, remove_inlined_selectors=True
    )
