"""The team's list of registrations, one person's record, and the steps that staff take, as pages and rows."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery, DeliveryStatus
from sets.registration.models import LearnerNeed, Registration, RegistrationEvent, Status
from sets.registration.people import index_words
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


def record(registration):
    return f"/staff/registrations/{registration.public_id}"


def stored(registration):
    db.session.rollback()
    return db.session.scalar(select(Registration).where(Registration.id == registration.id))


def kinds():
    db.session.rollback()
    return [
        row.kind
        for row in db.session.scalars(select(Delivery).where(Delivery.status == DeliveryStatus.QUEUED))
    ]


def names(page):
    return ["".join(one.itertext()).strip() for one in page.all("th", scope="row")]


def person(first, last, **values):
    made = factories.learner(f"{first.lower()}@example.org", first_name=first, last_name=last, **values)
    with transaction():
        index_words(made.id, made)
    return made


def with_need(registration, text="A sign language interpreter"):
    with transaction() as session:
        session.add(LearnerNeed(learner_id=registration.learner_id, text=text, consent_at=now()))
    return registration


def test_an_empty_list_says_where_registrations_come_from(organiser):
    page = visit(organiser, "/staff/registrations")
    assert "Nobody has registered yet" in page.text
    assert not page.all("a", text="(Excel)")


def test_the_filter_stays_in_the_form_and_in_the_links(organiser):
    session = factories.training_session()
    factories.registration(session, person("Amina", "Benali"))
    factories.registration(session, person("Luca", "Bianchi"), status=Status.CANCELLED)
    query = f"status=cancelled&training={session.training.slug}&q=bian"
    page = visit(organiser, f"/staff/registrations?{query}")
    assert names(page) == ["Bianchi, Luca"]
    assert (page.value("status"), page.value("q")) == ("cancelled", "bian")
    assert "status=cancelled" in page.link("Export this line (Excel)")
    back = page.click("Bianchi, Luca")
    assert any("status=cancelled" in (link.get("href") or "") for link in back.all("a", text="Registrations"))


def test_a_filter_that_finds_nobody_offers_the_way_back(organiser):
    factories.registration()
    page = visit(organiser, "/staff/registrations?q=nobody")
    assert "Nobody matches these filters" in page.text
    assert "1 registration" in page.click("See all registrations").text


def test_odd_filters_are_answered(organiser):
    factories.registration()
    for query in ("training=%F0%9F%92%A9", "page=-3", "page=99999999999999999999", "sort=x",
                  "q=" + "a" * 5000, "page=7", "status=x", "language=x", "session=any", "q=%ED%A0%80"):  # fmt: skip
        visit(organiser, f"/staff/registrations?{query}")


def test_the_record_tells_the_person_the_history_and_every_mail(organiser):
    session = factories.training_session()
    registration = factories.registration(session, person("Amina", "Benali", language="it"))
    factories.delivery(about=registration, status="sent", subject="È confermato", text="Gentile Amina", language="it",
                       sent_at=now())  # fmt: skip
    factories.delivery(about=registration, status="failed", smtp_code=550, smtp_text="5.1.1 unknown user")
    factories.registration(of=factories.training("cheese"), person=registration.learner)
    page = visit(organiser, record(registration))
    assert page.heading == "Amina Benali"
    for words in ("amina@example.org", "Italian", "Place confirmed", "È confermato", "Gentile Amina",
                  "550 5.1.1 unknown user", "by the learner", "Coopérative des Tilleuls"):  # fmt: skip
        assert words in page.text
    assert "Any date" in page.text


def test_a_mail_that_has_not_left_is_called_by_its_kind(organiser):
    registration = factories.registration()
    factories.delivery(about=registration, kind="registration_received")
    page = visit(organiser, record(registration))
    assert "Waiting to leave" in page.text
    assert "registration_received" not in page.text


def test_a_waiting_person_has_a_rank(organiser):
    session = factories.training_session(capacity=0)
    factories.registration(session, status=Status.WAITING)
    second = factories.registration(session, status=Status.WAITING)
    assert "Waiting list, rank 2" in visit(organiser, record(second)).text


def test_an_offer_shows_until_when(client, clock):
    offer = factories.registration(status=Status.OFFERED, offer_ends_at=now() + timedelta(days=1))
    sign_in(client, "organiser")
    assert "Answer expected before 03/03/2026 10:00" in visit(client, record(offer)).text


def test_an_erased_person_leaves_a_record_without_a_name(organiser):
    registration = factories.registration()
    with transaction() as session:
        session.get(Registration, registration.id).learner_id = None
    page = visit(organiser, record(registration))
    assert page.heading == "Erased person"
    assert "Erased person" in visit(organiser, "/staff/registrations").text


def test_needs_are_for_organisers_only_and_are_answered_once(app, client):
    registration = with_need(factories.registration())
    other = app.test_client()
    sign_in(other, "coordinator")
    assert "interpreter" not in visit(other, record(registration)).text
    sign_in(client, "organiser")
    page = visit(client, record(registration))
    assert "A sign language interpreter" in page.text
    page = submit(page, button="Note that they are answered")
    assert "Noted: these needs are answered." in page.text
    assert "No needs wait for an answer" in visit(client, "/staff/needs").text
    db.session.rollback()
    assert db.session.scalar(select(LearnerNeed.answered_at)) is not None
    assert "need_answered" in db.session.scalars(select(Activity.verb)).all()


def test_needs_that_wait_are_listed_the_oldest_first(organiser):
    with_need(factories.registration(person=person("Amina", "Benali")), "A ramp")
    with_need(factories.registration(person=person("Luca", "Bianchi")), "Captions")
    with_need(factories.registration(status=Status.CANCELLED), "Too late")
    page = visit(organiser, "/staff/needs")
    assert [one.text for one in page.all("p", class_="prose")] == ["A ramp", "Captions"]
    page = submit(
        page, form=record(db.session.scalars(select(Registration).order_by(Registration.id)).first())
    )
    assert page.path == "/staff/needs"
    assert "A ramp" not in page.text


def test_a_pending_registration_is_approved(organiser):
    registration = factories.registration(status=Status.PENDING)
    page = submit(visit(organiser, record(registration)), button="Approve")
    assert "The place is confirmed. The person is told by mail." in page.text
    assert stored(registration).status == "confirmed"
    assert kinds() == ["place_confirmed"]
    event = db.session.scalars(select(RegistrationEvent).order_by(RegistrationEvent.id.desc())).first()
    assert (event.verb, event.actor_kind) == ("approve", "staff")
    assert "registration_approve" in db.session.scalars(select(Activity.verb)).all()


def test_a_refusal_asks_first_and_keeps_its_reason(organiser):
    registration = factories.registration(status=Status.PENDING)
    page = visit(organiser, record(registration)).click("Refuse")
    assert page.heading == "Refuse this registration?"
    assert stored(registration).status == "pending"
    page = submit(page, reason="Lives too far\x00 away", tell=True)
    assert "The registration is refused. The person is told by mail." in page.text
    assert "Lives too far away" in page.text
    assert (stored(registration).status, stored(registration).reason) == ("rejected", "Lives too far away")
    assert db.session.scalar(select(TrainingSession.places_taken)) == 0


def test_a_cancellation_frees_the_place_for_the_next_in_line(organiser):
    session = factories.training_session(capacity=1)
    first = factories.registration(session)
    second = factories.registration(session, status=Status.WAITING)
    page = visit(organiser, record(first)).click("Cancel this registration")
    assert "The place goes to the next person on the waiting list." in page.text
    submit(page, reason="")
    assert (stored(first).status, stored(second).status) == ("cancelled", "offered")
    assert sorted(kinds()) == ["place_offered", "registration_cancelled"]


def test_a_step_that_no_longer_fits_is_refused_in_words(organiser):
    registration = factories.registration(status=Status.PENDING)
    page = visit(organiser, record(registration))
    with transaction() as session:
        session.get(Registration, registration.id).status = Status.EXPIRED
    page = submit(page, button="Approve")
    assert "the registration has changed in the meantime" in page.text
    assert stored(registration).status == "expired"
    assert visit(organiser, f"{record(registration)}/cancellation").path == record(registration)


def test_coordinators_read_and_do_not_decide(client):
    registration = factories.registration(status=Status.PENDING)
    sign_in(client, "coordinator")
    page = visit(client, record(registration))
    assert not page.all("button", text="Approve")
    visit(client, f"{record(registration)}/refusal", status=403)


def test_unknown_registrations_are_not_found(organiser):
    for path in (uuid.uuid4(), "nonsense", "%00", f"{uuid.uuid4()}/refusal"):
        visit(organiser, f"/staff/registrations/{path}", status=404)


def test_an_export_is_noted_with_its_rows(organiser):
    factories.registration()
    factories.registration()
    assert organiser.get("/staff/registrations.xlsx").status_code == 200
    db.session.rollback()
    line = db.session.scalars(select(Activity).where(Activity.verb == "registrations_exported_xlsx")).one()
    assert line.rows == 2


def test_the_log_calls_steps_and_people_by_their_names(client):
    registration = factories.registration(person=person("Amina", "Benali"), status=Status.PENDING)
    sign_in(client, "administrator")
    submit(visit(client, record(registration)), button="Approve")
    page = visit(client, "/staff/activity")
    assert "Approved a registration" in page.text
    found = [
        link for link in page.all("a", text="Amina Benali") if "/registrations/" in (link.get("href") or "")
    ]
    assert visit(client, found[0].get("href")).heading == "Amina Benali"


@pytest.mark.parametrize("language", ["fr", "es", "it"])
def test_the_pages_stand_in_every_language(client, language):
    registration = with_need(factories.registration(status=Status.PENDING))
    sign_in(client, "organiser", language=language)
    for path in (
        "/staff/registrations",
        record(registration),
        f"{record(registration)}/refusal",
        "/staff/needs",
    ):
        assert visit(client, path).language == language
