"""The team's pages of sessions: planning without a script, changing, stepping, and what they say before and after."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.catalogue.models import SessionState, TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration import session_changes
from sets.registration.models import Registration, Status
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in

FUTURE = {"meetings-0-day": "2026-05-04", "meetings-0-starts": "18:00", "meetings-0-ends": "19:30"}


@pytest.fixture
def organiser(client, clock):
    sign_in(client, "organiser")
    return client


def sessions():
    db.session.rollback()
    return list(db.session.scalars(select(TrainingSession).order_by(TrainingSession.id)))


def texts(page, *tags, **attributes):
    return [" ".join("".join(one.itertext()).split()) for one in page.all(*tags, **attributes)]


def test_a_site_without_sessions_says_so_and_offers_to_plan_one(organiser):
    page = visit(organiser, "/staff/sessions")
    assert "No session is planned yet" in page.text
    assert page.click("Plan a session").heading == "Plan a session"


def test_a_session_is_planned_with_several_meetings_without_a_script(organiser):
    training = factories.training("bread")
    page = visit(organiser, "/staff/sessions/new?training=bread")
    assert page.value("training") == str(training.id)
    page = submit(page, FUTURE, language="es", capacity="12", button="more")
    assert page.heading == "Plan a session"
    assert not page.all("div", class_="summary")
    assert (page.value("meetings-0-day"), page.value("language"), page.value("capacity")) == (
        "2026-05-04",
        "es",
        "12",
    )
    assert page.field("meetings-2-day").get("autofocus") is not None
    page = submit(
        page,
        {
            "meetings-2-day": "2026-05-11", "meetings-2-starts": "18:00", "meetings-2-ends": "19:30",
            "meetings-2-room_url": "https://rooms.example.org/two",
        },
        button="Save as a draft",
    )  # fmt: skip
    assert "The draft is stored." in page.text
    assert "Monday 4 May 2026" in page.text
    assert "One meeting has no room yet." in page.text
    (session,) = sessions()
    assert (session.state, session.language, session.capacity, session.training_id) == (
        "draft",
        "es",
        12,
        training.id,
    )
    assert [meeting.room_url for meeting in session.meetings] == [None, "https://rooms.example.org/two"]


def test_the_first_button_saves_so_that_enter_does(organiser):
    factories.training("bread")
    page = visit(organiser, "/staff/sessions/new")
    buttons = list(page.all("form")[-1].iter("button"))
    assert buttons[0].get("name") is None


def test_what_is_wrong_is_listed_linked_and_kept(organiser):
    factories.training("bread")
    page = visit(organiser, "/staff/sessions/new")
    wrong = {"meetings-0-day": "2026-03-29", "meetings-0-starts": "02:30", "meetings-0-ends": "04:00"}
    page = submit(page, wrong, capacity="many", status=422)
    assert page.title.startswith("Error: Plan a session")
    links = {
        link.get("href"): "".join(link.itertext()) for link in page.one("div", class_="summary").iter("a")
    }
    assert list(links) == ["#training", "#language", "#capacity", "#meetings-0-starts"]
    assert links == {
        "#training": "Choose a training.",
        "#language": "Choose a language.",
        "#capacity": "Write a number of places, or leave it empty for no limit.",
        "#meetings-0-starts":
            "Meeting 1 – This hour does not exist on that day: the clocks change. Choose another.",
    }  # fmt: skip
    assert (page.value("capacity"), page.value("meetings-0-starts")) == ("many", "02:30")
    assert sessions() == []


def test_a_day_in_the_past_gets_a_question(organiser):
    training = factories.training("bread")
    past = FUTURE | {"meetings-0-day": "2026-03-01"}
    page = submit(
        visit(organiser, "/staff/sessions/new"), past, training=str(training.id), language="fr", status=422
    )
    assert "This day is in the past. Correct it, or tick that it is meant." in page.text
    page = submit(page, past_is_meant=True)
    assert "The draft is stored." in page.text


def test_the_list_groups_by_training_and_folds_what_is_past(organiser):
    bread, cheese = factories.training("bread"), factories.training("cheese")
    full = factories.training_session(bread, capacity=1, starts=now() + timedelta(days=8))
    factories.registration(full)
    factories.registration(full, status=Status.WAITING)
    factories.training_session(bread, opens_at=now() + timedelta(days=1), starts=now() + timedelta(days=9))
    factories.training_session(bread, state=SessionState.DRAFT, meetings=0)
    factories.training_session(bread, starts=now() - timedelta(days=9))
    factories.registration(of=cheese)
    page = visit(organiser, "/staff/sessions")
    rows = [" ".join("".join(row.itertext()).split()) for row in page.all("table")[0].iter("tr")][1:]
    assert [row.rpartition("in French")[2] for row in rows] == [
        " Full 1 / 1 1", " Opens soon 0 / 20 0", " Draft 0 / 20 0",
    ]  # fmt: skip
    assert "1 past session" in texts(page, "summary")[0]
    assert "Past" in " ".join(texts(page, "details"))
    assert "No session lies ahead." in page.text
    assert "1 registration" in page.click("1 person waits for any date").text
    (waiting,) = [
        link
        for link in page.all("a")
        if "status=waiting" in link.get("href") and full.public_id in link.get("href")
    ]
    assert "1 registration" in visit(organiser, waiting.get("href")).text


def test_more_people_than_places_is_said_and_nobody_is_removed(organiser):
    session = factories.training_session(capacity=5)
    for _ in range(5):
        factories.registration(session)
    page = visit(organiser, f"/staff/sessions/{session.public_id}/edit")
    page = submit(page, capacity="2")
    assert "Over by 3: more people than there are places. Nobody is removed." in page.text
    assert "over by 3" in visit(organiser, "/staff/sessions").text
    assert db.session.scalars(select(Registration.status)).all() == ["confirmed"] * 5


def test_other_dates_are_saved_after_a_look_at_who_is_told_what(organiser):
    session = factories.training_session(capacity=1)
    factories.registration(session, factories.learner(language="fr"))
    factories.registration(session, factories.learner(language="it"), status=Status.WAITING)
    page = visit(organiser, f"/staff/sessions/{session.public_id}/edit")
    assert "2 people have a place or wait." in page.text
    page = submit(page, {"meetings-0-day": "2026-06-01"})
    assert page.heading == "Save and tell people?"
    assert "2 people are told the new dates, each once" in page.text
    assert "1er juin 2026" in page.text.replace("\u00a0", " ")
    assert "1 giugno 2026" in page.text.replace("\u00a0", " ").replace("º", "")
    assert sessions()[0].meetings[0].starts_at == now() + timedelta(days=14)
    page = submit(page, {"words-fr": "Le formateur est malade."}, button="Look at the mails again")
    assert "Le formateur est malade." in page.text
    back = submit(page, button="Back to the form")
    assert back.value("meetings-0-day") == "2026-06-01"
    page = submit(page, button="Save and tell them")
    assert "2 people are told of it by mail." in page.text
    assert db.session.scalars(select(Delivery.kind)).all() == ["session_changed"] * 2
    assert {d.facts["words"] for d in db.session.scalars(select(Delivery))} == {
        "",
        "Le formateur est malade.",
    }


def test_somebody_who_registers_while_one_looks_is_shown_before_anybody_is_told(organiser):
    session = factories.training_session()
    factories.registration(session)
    page = submit(
        visit(organiser, f"/staff/sessions/{session.public_id}/edit"), {"meetings-0-day": "2026-06-01"}
    )
    factories.registration(session)
    page = submit(page, button="Save and tell them")
    assert page.heading == "Save and tell people?"
    assert "2 people are told" in page.text
    assert db.session.scalar(select(Delivery.id)) is None
    submit(page, button="Save and tell them")
    assert len(db.session.scalars(select(Delivery.id)).all()) == 2


def test_places_that_find_their_people_are_announced_before(organiser):
    session = factories.training_session(capacity=1)
    factories.registration(session)
    factories.registration(session, status=Status.WAITING)
    page = submit(visit(organiser, f"/staff/sessions/{session.public_id}/edit"), capacity="4")
    assert "One person who waits gets a place, or is offered one, and is told by mail." in page.text
    page = submit(page, button="Save and tell them")
    assert "One person is told by mail." in page.text


def test_a_session_is_cancelled_after_a_look_at_who_is_told_what(organiser):
    session = factories.training_session()
    factories.registration(session)
    page = visit(organiser, f"/staff/sessions/{session.public_id}").click("Cancel the session")
    assert "One person is told that it does not take place" in page.text
    assert "This cannot be undone." in page.text
    page = submit(page, {"words-fr": "Trop peu d’inscrits."}, button="Look at the mails again")
    assert "Trop peu d’inscrits." in page.text
    page = submit(page, button="Cancel the session and tell them")
    assert "The session is cancelled." in page.text
    assert "One person is told of it by mail." in page.text
    assert "Cancel the session" not in page.text
    assert states_of(session) == ["cancelled"]


def test_a_cancellation_that_concerns_others_than_shown_is_looked_at_again(organiser):
    session = factories.training_session()
    factories.registration(session)
    page = visit(organiser, f"/staff/sessions/{session.public_id}/cancellation")
    factories.registration(session)
    page = submit(page, {"words-fr": "Désolés."}, button="Cancel the session and tell them", status=409)
    assert "2 people are told, each once, that it does not take place" in page.text
    assert "Désolés." in page.text
    assert states_of(session) == ["confirmed"] * 2


def states_of(session):
    db.session.rollback()
    statement = select(Registration.status).where(Registration.training_session_id == session.id)
    return list(db.session.scalars(statement))


def test_somebody_who_changed_it_meanwhile_is_told_and_nothing_typed_is_lost(organiser):
    session = factories.training_session()
    page = visit(organiser, f"/staff/sessions/{session.public_id}/edit")
    submit(visit(organiser, f"/staff/sessions/{session.public_id}/edit"), capacity="30")
    page = submit(page, {"meetings-0-day": "2026-06-01"}, capacity="7", status=409)
    assert "Somebody changed this session in the meantime." in page.text
    assert (page.value("capacity"), page.value("meetings-0-day")) == ("7", "2026-06-01")
    assert sessions()[0].capacity == 30
    submit(page)
    assert sessions()[0].capacity == 7


def test_publication_says_what_follows_and_does_it(organiser):
    training = factories.training("bread")
    for _ in range(3):
        factories.registration(of=training)
    session = factories.training_session(training, state=SessionState.DRAFT, capacity=10)
    page = visit(organiser, f"/staff/sessions/{session.public_id}").click("Publish")
    assert page.heading == "Publish this session?"
    assert "3 people who wait for a date will be offered a place by mail." in page.text
    assert sessions()[0].state == "draft"
    page = submit(page, button="Publish")
    assert "The session is published. 3 people are told by mail." in page.text
    assert "Place offered: 3" in page.text
    assert sessions()[0].state == "published"


def test_publication_without_a_date_says_that_nobody_can_register(organiser):
    session = factories.training_session(state=SessionState.DRAFT, meetings=0)
    page = visit(organiser, f"/staff/sessions/{session.public_id}/publication")
    assert "It has no date yet: nobody can register for it, and no place is offered." in page.text
    page = submit(page, button="Publish")
    assert "Date to come" in page.text
    assert "the session can be shown, but nobody can register for it" in page.text


def test_pause_resume_and_close_from_page_to_page(organiser):
    session = factories.training_session()
    page = visit(organiser, f"/staff/sessions/{session.public_id}")
    page = submit(page.click("Pause"), button="Pause")
    assert "The session is paused." in page.text
    page = submit(page.click("Open again"), button="Open again")
    assert "The session is open again." in page.text
    page = submit(page.click("Close registration"), button="Close registration")
    assert "Registration for the session is closed." in page.text
    assert sessions()[0].state == "closed"


def test_a_step_that_no_longer_fits_is_refused_in_words(organiser):
    session = factories.training_session()
    page = visit(organiser, f"/staff/sessions/{session.public_id}/pause")
    session_changes.step_session(session.public_id, "closure")
    page = submit(page, button="Pause")
    assert "Somebody changed this session in the meantime." in page.text
    assert sessions()[0].state == "closed"
    assert visit(organiser, f"/staff/sessions/{session.public_id}/pause").path.endswith(session.public_id)


def test_the_page_says_why_the_next_person_was_not_served(organiser):
    session = factories.training_session(capacity=1)
    factories.registration(session)
    factories.registration(session, status=Status.WAITING)
    address = f"/staff/sessions/{session.public_id}"
    assert "1 person waits. No place is free." in visit(organiser, address).text
    with transaction():
        db.session.get(TrainingSession, session.id).capacity = 0
    assert "served once 2 are given up" in visit(organiser, address).text
    with transaction():
        db.session.get(TrainingSession, session.id).capacity = 2
    assert "A place is free" in visit(organiser, address).text
    with transaction():
        db.session.get(TrainingSession, session.id).state = SessionState.PAUSED
    assert "No place is offered while the session is paused." in visit(organiser, address).text


def test_what_deserves_a_look_is_said_and_forbids_nothing(organiser):
    training = factories.training("bread", languages=("fr",))
    session = factories.training_session(
        training, language="it", starts=now() - timedelta(hours=5), meetings=2, room_url=None,
        closes_at=now() + timedelta(days=90),
    )  # fmt: skip
    with transaction():
        session.meetings[1].starts_at = session.meetings[0].starts_at + timedelta(minutes=30)
        session.meetings[1].ends_at = now() + timedelta(days=1)
    said = visit(organiser, f"/staff/sessions/{session.public_id}").text
    for sentence in (
        "The training has no texts in the language of this session (Italiano).",
        "The training has no brochure in the language of this session (Italiano).",
        "Registration is set to close after the first meeting.",
        "The meeting of Monday 2 March 2026, 05:00 lies in the past.",
        "begins before the one of Monday 2 March 2026, 05:00 is over.",
        "One meeting has no room yet.",
    ):
        assert sentence in said


def test_a_session_links_to_its_registrations_and_its_export(organiser):
    session = factories.training_session()
    factories.registration(session)
    factories.registration()
    page = visit(organiser, f"/staff/sessions/{session.public_id}")
    assert "1 registration" in page.click("All registrations of this session").text
    answer = organiser.get(page.link("Export them (Excel)"))
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")


def test_coordinators_read_and_do_not_plan(client):
    session = factories.training_session()
    sign_in(client, "coordinator")
    page = visit(client, f"/staff/sessions/{session.public_id}")
    assert not {"Change", "Pause", "Close registration"} & set(texts(page, "a"))
    assert "Plan a session" not in visit(client, "/staff/sessions").text
    for path in ("new", f"{session.public_id}/edit", f"{session.public_id}/pause"):
        visit(client, f"/staff/sessions/{path}", status=403)


def test_unknown_sessions_are_not_found(organiser):
    for path in (
        uuid.uuid4(),
        "nonsense",
        f"{uuid.uuid4()}/edit",
        f"{uuid.uuid4()}/publication",
        f"{uuid.uuid4()}/x",
    ):
        visit(organiser, f"/staff/sessions/{path}", status=404)


@pytest.mark.parametrize("language", ["fr", "es", "it"])
def test_the_pages_stand_in_every_language(client, language):
    session = factories.training_session()
    sign_in(client, "organiser", language=language)
    for path in (
        "",
        "/new",
        f"/{session.public_id}",
        f"/{session.public_id}/edit",
        f"/{session.public_id}/closure",
    ):
        assert visit(client, f"/staff/sessions{path}").language == language
