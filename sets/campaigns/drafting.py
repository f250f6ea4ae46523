"""Writing a campaign: begun from a filter, written in several languages by several people, copied, deleted.

Everything here is about drafts; once a campaign is on its way (`sending`), its texts and its people stand.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update

from ..clock import now
from ..database import db, transaction
from ..registration.listing import Filter
from ..staff.activity import record_activity
from ..statements import insert_or_ignore
from .audience import UNSENT, kept_filter
from .audience_words import session_of
from .models import Audience, Campaign, CampaignState, CampaignText, KeptText
from .sending import CampaignRefused, locked_campaign

# A campaign that belongs to no session's dates catches up for so long.
CATCHES_UP = timedelta(days=60)


@dataclass(frozen=True)
class Written:
    """A text as it was written: its language, subject and Markdown; `revision` is that of the text it replaces."""

    language: str
    subject: str
    body: str
    revision: int = 0


def begin_campaign(
    *,
    name: str,
    audience: str,
    filter: Mapping[str, Any],  # noqa: A002 - the column's name
    texts: Iterable[Written],
    account_id: int,
    purpose: str = "",
    catch_up: bool = True,
) -> str:
    """Store a new draft and return its public id.

    It catches up until the last meeting of its session ends, or for 60 days; not at all once that is past.
    """
    with transaction() as session:
        kept = _kept(filter)
        until = last_moment(kept)
        campaign = Campaign(
            public_id=str(uuid.uuid4()), name=name[:200], purpose=purpose[:40], audience=audience,
            filter=kept, left_out=[], author_id=account_id, created_at=now(), changed_at=now(),
            catch_up=catch_up and audience == Audience.REGISTRATIONS and until > now(), catch_up_until=until,
        )  # fmt: skip
        for text in texts:
            campaign.texts[text.language] = _text(text, account_id)
        session.add(campaign)
        session.flush()
        record_activity("campaign_begun", subject_type="campaign", subject_id=campaign.id)
        return campaign.public_id


def last_moment(chosen: Mapping[str, Any]) -> datetime:
    """Return until when a campaign for that filter makes sense: its sessions' end, or 60 days where none has dates."""
    sessions = [session_of(one) for one in Filter.from_stored(chosen).session if one != "any"]
    ends = [meeting.ends_at for session in sessions if session for meeting in session.standing_meetings]
    return max(ends) if ends else now() + CATCHES_UP


def write_text(public_id: str, written: Written, *, account_id: int) -> int:
    """Store a draft's text in one language and return its new revision.

    Saving what is stored already changes nothing, whoever stored it.
    Raises CampaignRefused: "not_found", "started", or "changed" when somebody saved that text since it was read.
    """
    with transaction():
        campaign = _draft(public_id)
        text = campaign.texts.get(written.language)
        if text is not None and (text.subject, text.body) == (written.subject, written.body):
            return text.revision
        if written.revision != (text.revision if text else 0):
            raise CampaignRefused("changed")
        if text is None:
            text = campaign.texts[written.language] = _text(written, account_id)
        else:
            text.subject, text.body = written.subject, written.body
            text.author_id, text.changed_at = account_id, now()
            text.revision += 1
        _touch(campaign)
        db.session.flush()
        return text.revision


def audience_tag(campaign: Campaign) -> str:
    """Return a word that changes with whom a campaign is for, and not when somebody writes its texts."""
    parts = [
        campaign.name,
        campaign.filter,
        campaign.fallback,
        campaign.catch_up,
        str(campaign.catch_up_until),
    ]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def change_audience(
    public_id: str,
    *,
    tag: str,
    name: str,
    filter: Mapping[str, Any],  # noqa: A002 - the column's name
    fallback: str,
    catch_up: bool,
    catch_up_until: datetime | None,
) -> None:
    """Store whom a draft is for; `tag` is that of the audience it replaces.

    Raises CampaignRefused: "not_found", "started", "changed".
    """
    with transaction():
        campaign = _draft(public_id)
        if audience_tag(campaign) != tag:
            raise CampaignRefused("changed")
        campaign.name, campaign.fallback = name[:200], fallback or None
        if campaign.audience == Audience.REGISTRATIONS:
            chosen = _kept(filter)
            if _is_as_before(catch_up_until, campaign) and chosen.get("session") != campaign.filter.get(
                "session"
            ):
                # Another session was chosen, and its dates were not thought of.
                catch_up_until = last_moment(chosen)
            campaign.filter = chosen
            campaign.catch_up, campaign.catch_up_until = catch_up, catch_up_until
        _touch(campaign)


def leave_out(public_id: str, *, shown: Iterable[int], chosen: Iterable[int]) -> None:
    """Leave out by hand those who were shown and not chosen; who was not shown stays as they were."""
    with transaction():
        campaign = _draft(public_id)
        kept = set(campaign.left_out) - set(shown)
        campaign.left_out = sorted(kept | (set(shown) - set(chosen)))
        _touch(campaign)


def copy_campaign(public_id: str, *, account_id: int) -> str:
    """Store a draft with the name, the people and the texts of a campaign, and return its public id."""
    with transaction() as session:
        old = locked_campaign(public_id)
        until = last_moment(old.filter)
        made = Campaign(
            public_id=str(uuid.uuid4()), name=old.name, purpose=old.purpose, audience=old.audience,
            filter=dict(old.filter), left_out=list(old.left_out), fallback=old.fallback, author_id=account_id,
            catch_up=old.catch_up and until > now(), catch_up_until=until, created_at=now(), changed_at=now(),
        )  # fmt: skip
        for text in old.texts.values():
            made.texts[text.language] = _text(Written(text.language, text.subject, text.body), account_id)
        session.add(made)
        session.flush()
        record_activity("campaign_begun", subject_type="campaign", subject_id=made.id)
        return made.public_id


def delete_draft(public_id: str) -> None:
    """Delete a draft with its texts. Raises CampaignRefused: "not_found", "started"."""
    with transaction() as session:
        campaign = _draft(public_id)
        record_activity("campaign_deleted", subject_type="campaign", subject_id=campaign.id)
        session.delete(campaign)


def keep_texts(public_id: str, name: str, *, account_id: int) -> int:
    """Keep a campaign's texts under a name, in place of those of the same name and language; return how many."""
    with transaction() as session:
        campaign = locked_campaign(public_id)
        texts = [text for text in campaign.texts.values() if text.subject.strip() or text.body.strip()]
        for text in texts:
            key = {"name": name, "language": text.language}
            words = {
                "subject": text.subject, "body": text.body, "author_id": account_id, "changed_at": now(),
            }  # fmt: skip
            if insert_or_ignore(KeptText, key | words, *key) is None:
                session.execute(
                    update(KeptText)
                    .filter_by(**key)
                    .values(**words)
                    .execution_options(synchronize_session=False)
                )
        record_activity("campaign_texts_kept", subject_type="campaign", subject_id=public_id, rows=len(texts))
        return len(texts)


def delete_kept(name: str) -> int:
    """Delete the texts that the team kept under a name; return how many."""
    with transaction() as session:
        found = list(session.scalars(select(KeptText).where(KeptText.name == name)))
        for kept in found:
            session.delete(kept)
        record_activity("campaign_texts_deleted", rows=len(found))
        return len(found)


def _kept(chosen: Mapping[str, Any]) -> dict[str, Any]:
    return kept_filter(chosen) | ({UNSENT: str(chosen[UNSENT])} if chosen.get(UNSENT) else {})


def _is_as_before(until: datetime | None, campaign: Campaign) -> bool:
    """Tell whether the moment of a form, which knows no seconds, is the one that is stored."""
    before = campaign.catch_up_until or last_moment(campaign.filter)
    return until is not None and until == before.replace(second=0, microsecond=0)


def _text(written: Written, account_id: int) -> CampaignText:
    return CampaignText(
        language=written.language, subject=written.subject, body=written.body,
        author_id=account_id, changed_at=now(),
    )  # fmt: skip


def _touch(campaign: Campaign) -> None:
    """Tell apart what was checked from what is stored now: see `sending.start_campaign`."""
    campaign.revision += 1
    campaign.changed_at = now()


def _draft(public_id: str) -> Campaign:
    campaign = locked_campaign(public_id)
    if campaign.state != CampaignState.DRAFT:
        raise CampaignRefused("started")
    return campaign
