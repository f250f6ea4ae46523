"""A series of sessions and a copy as pages; publishing many drafts after one look."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from sets.catalogue.models import TrainingSession
from sets.database import db
from sets.mailing.models import Delivery
from sets.registration.models import Registration
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.registration.signups import at
from tests.staff.signing import sign_in

PUBLISH = "/staff/sessions/publications"


@pytest.fixture
def organiser(client, clock):
    sign_in(client, "organiser")
    return client


def series_of(session):
    return f"/staff/sessions/{session.public_id}/series"


def sessions():
    db.session.rollback()
    return list(db.session.scalars(select(TrainingSession).order_by(TrainingSession.id)))


def test_a_series_is_shown_first_and_stored_together_as_drafts(organiser):
    session = factories.training_session(starts=at("2026-03-17 18:00"), meetings=2)
    page = visit(organiser, f"/staff/sessions/{session.public_id}").click("Plan it again")
    page = submit(page, first="2026-03-24", every="2", count="3", form="when", button="Show the dates")
    for words in ("Tuesday 24 March 2026, 18:00 to 19:30", "Tuesday 7 April 2026", "Tuesday 21 April 2026"):
        assert words in page.text
    assert len(sessions()) == 1
    stored = [box.get("value") for box in page.all("input", name="day")]
    page = submit(page, day=stored[:2], form="copies", button="Store these as drafts")
    assert "2 drafts are stored." in page.text
    assert page.path == f"{PUBLISH}/new"
    made = sessions()[1:]
    assert [(one.state, len(one.meetings)) for one in made] == [("draft", 2), ("draft", 2)]
    assert list(db.session.scalars(select(Activity.verb))).count("session_planned") == 2
    # Those just planned are ticked.
    assert [box.get("checked") is not None for box in page.all("input", name="session")] == [True, True]


def test_pressing_twice_plans_once(organiser):
    session = factories.training_session(starts=at("2026-03-17 18:00"))
    page = visit(organiser, f"{series_of(session)}?first=2026-03-24&every=1&count=3")
    submit(page, form="copies")
    page = submit(page, form="copies")
    assert "Sessions of this training were planned in the meantime" in page.text
    assert len(sessions()) == 4


def test_one_copy_opens_in_the_form(organiser):
    session = factories.training_session(starts=at("2026-03-17 18:00"), capacity=7, trainer="Ana Horvat")
    path = series_of(session)
    page = submit(visit(organiser, path), first="2026-03-26", button="One copy only, and change it first")
    assert page.heading == "Plan a session"
    assert (page.value("capacity"), page.value("trainer")) == ("7", "Ana Horvat")
    assert (page.value("meetings-0-day"), page.value("meetings-0-starts")) == ("2026-03-26", "18:00")
    page = submit(page, form="/staff/sessions", button="Save as a draft")
    assert "The draft is stored." in page.text
    assert len(sessions()) == 2


def test_odd_dates_are_answered(organiser):
    session = factories.training_session()
    dateless = factories.training_session(meetings=0)
    path, copy = series_of(session), f"/staff/sessions/{session.public_id}/copy"
    empty = series_of(dateless)
    for query in ("first=x", "first=2026-03-24&every=99999999999&count=-1", "first=2100-12-31&every=52&count=26",
                  "first=2026-03-24&every=1&count=26", "first=9999-01-01&every=1&count=4&one=1"):  # fmt: skip
        visit(organiser, f"{path}?{query}")
    for day in ("", "x", "0001-01-01", "2026-02-30"):
        assert visit(organiser, f"{copy}?day={day}").path == path
    assert visit(organiser, empty).heading == "Plan a session"
    page = submit(
        visit(organiser, f"{path}?first=2026-03-24&every=1&count=2"),
        day=[],
        form="copies",
        button="Store these as drafts",
    )
    assert "Choose at least one date." in page.text


def test_many_drafts_are_published_and_who_waits_is_offered_the_earliest(organiser):
    training = factories.training()
    for week in ("2026-04-14", "2026-04-07"):
        factories.training_session(training, starts=at(f"{week} 18:00"), state="draft", opens_at=None)
    left = factories.training_session(training, starts=at("2026-04-21 18:00"), state="draft")
    waiting = factories.registration(of=training, wants=["fr"]).learner_id
    left_id = left.public_id
    page = visit(organiser, "/staff/sessions").click("Publish drafts")
    assert "One person who waits for a date will be offered a place by mail." in page.text
    boxes = [box.get("value") for box in page.all("input", name="session")]
    page = submit(page, session=[one for one in boxes if one != left_id], form=PUBLISH)
    assert "2 sessions are published. One person is told by mail." in page.text
    assert [one.state for one in sessions()] == ["published", "published", "draft"]
    offered = db.session.scalars(select(Registration).where(Registration.status == "offered")).one()
    assert offered.learner_id == waiting
    assert offered.training_session_id == sessions()[1].id
    assert db.session.scalar(select(func.count()).select_from(Delivery)) == 1


def test_what_is_no_draft_any_more_is_said(organiser):
    draft = factories.training_session(state="draft")
    page = visit(organiser, f"{PUBLISH}/new?session={draft.public_id}")
    submit(page, form=PUBLISH)
    page = submit(page, form=PUBLISH)
    assert "1 session is no draft any more, and stays as it is." in page.text
    assert "There is no draft" in visit(organiser, f"{PUBLISH}/new").text


def test_publishing_nothing_is_said(organiser):
    factories.training_session(state="draft")
    assert "Choose at least one draft." in submit(visit(organiser, f"{PUBLISH}/new"), form=PUBLISH).text


def test_coordinators_plan_and_publish_nothing(client):
    session = factories.training_session()
    path, shown = series_of(session), f"/staff/sessions/{session.public_id}"
    sign_in(client, "coordinator")
    visit(client, path, status=403)
    visit(client, f"{PUBLISH}/new", status=403)
    assert not visit(client, shown).all("a", text="Plan it again")
