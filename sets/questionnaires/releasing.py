"""Making a draft live, and bringing an earlier version back. What was live is kept for ever."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sqlalchemy import select

from ..catalogue.versions import bump_catalogue_version
from ..clock import now
from ..database import transaction
from ..staff.activity import record_activity
from . import faults
from .content import plain
from .editing import FormRefused, find_version, lock_forms, next_number, open_draft, store_draft, was_asked
from .models import FormVersion, Question
from .scopes import mark_of_version


def make_live(training_id: int | None, *, mark: str, account_id: int) -> int:
    """Make the draft of a scope live, from the next visit of the form on; return its number.

    `mark` is that of the draft whose changes were shown. Forms that are open are still checked against what they show.
    Raises FormRefused: "changed", "same" when the draft says what is live already, or "depends".
    """
    with transaction() as session:
        lock_forms(session)
        draft = find_version(training_id, "draft")
        if draft is None or mark_of_version(draft) != mark:
            raise FormRefused("changed")
        live = find_version(training_id, "live")
        if plain(draft.content) == plain(live.content if live else None):
            raise FormRefused("same")
        if sentences := faults.broken(training_id, draft.content):
            raise FormRefused("depends", *sentences)
        draft.content = draft.content | {"aside": _never_asked(draft.content.get("aside", ()))}
        _replace(session, live, draft, account_id)
        return draft.number


def bring_back(training_id: int | None, number: int, *, as_draft: bool, mark: str, account_id: int) -> None:
    """Make what an earlier version asked live again, as a new version, or take it as the draft.

    `mark` is that of the version that was worked on when the page was shown. Raises FormRefused: "changed",
    "not_found", "same" or "depends".
    """
    with transaction() as session:
        lock_forms(session)
        draft, live = find_version(training_id, "draft"), find_version(training_id, "live")
        if mark_of_version(draft or live) != mark:
            raise FormRefused("changed")
        versions = select(FormVersion).where(FormVersion.number == number, FormVersion.state == "past")
        past = session.scalar(
            versions.where(
                FormVersion.training_id.is_(None)
                if training_id is None
                else FormVersion.training_id == training_id
            )
        )
        if past is None:
            raise FormRefused("not_found")
        content = deepcopy(past.content)
        if as_draft:
            draft = open_draft(training_id, account_id)
            store_draft(draft, content | {"aside": draft.content.get("aside", [])}, account_id)
            draft.from_number = number
            return
        if plain(content) == plain(live.content if live else None):
            raise FormRefused("same")
        if sentences := faults.broken(training_id, content):
            raise FormRefused("depends", *sentences)
        again = FormVersion(
            training_id=training_id,
            number=next_number(training_id),
            state="draft",
            content=content,
            from_number=number,
            revision=1,
        )
        _replace(session, live, again, account_id)


def _replace(session: Any, live: FormVersion | None, version: FormVersion, account_id: int) -> None:
    """Put a version in the place of the live one; questions and choices that it asks no more are retired."""
    moment = now()
    if live:
        live.state = "past"
        session.flush()
    # A version that was brought back while there was a draft has a higher number than the draft had.
    version.number = max(version.number, live.number + 1 if live else 1)
    version.state, version.live_at, version.author_id, version.changed_at = "live", moment, account_id, moment
    session.add(version)
    session.flush()
    asked = {
        entry["id"]: {option["id"] for option in entry.get("options", ())}
        for entry in version.content["questions"]
    }
    own = (
        Question.training_id.is_(None)
        if version.training_id is None
        else Question.training_id == version.training_id
    )
    for question in session.scalars(select(Question).where(own)):
        question.retired_at = None if question.id in asked else question.retired_at or moment
        for option in question.options:
            offered = option.id in asked.get(question.id, ())
            option.retired_at = None if offered else option.retired_at or moment
    bump_catalogue_version(session)
    record_activity(
        "form_made_live", subject_type="form", subject_id=version.id, rows=len(asked), account_id=account_id
    )


def _never_asked(entries: Any) -> list[Any]:
    return [entry for entry in entries if not was_asked(entry["id"])]
