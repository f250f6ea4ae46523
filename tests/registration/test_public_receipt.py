"""From the form to the receipt: one submission, one page, the same for everybody; and what a machine gets."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from sets.database import db
from sets.mailing.models import Delivery
from sets.registration.models import Status, Submission
from sets.tokens import make_token
from tests import factories
from tests.pages import submit, visit
from tests.registration.public import AI, FORM, SOCIAL, fill, learners, register, registrations

pytestmark = pytest.mark.usefixtures("clock", "catalogue")
limited = pytest.mark.settings(SETS_RATELIMIT_ENABLED="true")


@pytest.fixture
def social(catalogue):
    return factories.training_session(factories.training("social-economy"))


def mails():
    return db.session.scalars(select(Delivery.kind).order_by(Delivery.id)).all()


def held():
    return db.session.scalar(
        select(func.count()).select_from(Submission).where(Submission.held_at.is_not(None))
    )


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_the_receipt_says_what_was_obtained_and_what_happens_next(client, social, language):
    page = register(client, {SOCIAL: social.public_id, AI: "any"}, language=language)
    assert "Zoé" in page.heading
    assert "zoe@coop.example.org" in page.text
    first, second = page.one("ul", class_="entries")
    assert "full" in first.get("class", "").split()
    assert "full" not in (second.get("class") or "").split()
    assert [mark.get("class") for mark in page.all("span", class_="status")] == [
        "status status--confirmed",
        "status status--waiting",
    ]
    assert page.one("time").get("datetime") == "2026-03-16T09:00Z"
    assert mails() == ["registration_received"]


def test_a_form_sent_twice_gives_one_registration_one_mail_and_the_same_receipt(client, social):
    page = visit(client, "/fr/register")
    first, second = (fill(page, {SOCIAL: social.public_id}) for _ in range(2))
    assert first.path == second.path
    assert len(registrations()) == len(learners()) == 1
    assert mails() == ["registration_received"]


def test_the_browsers_back_and_a_colleagues_name_make_a_second_registration(client, social):
    page = visit(client, "/fr/register")
    fill(page, {SOCIAL: social.public_id})
    receipt = fill(page, {SOCIAL: social.public_id}, first_name="Ana", email="ana@coop.example.org")
    assert "Ana" in receipt.heading
    assert [person.first_name for person in learners()] == ["Zoé", "Ana"]


def test_a_known_address_gets_the_page_that_a_newcomer_would_get(client, social):
    known = factories.learner("zoe@coop.example.org", first_name="Autre")
    factories.registration(social, known)
    page = register(client, {SOCIAL: social.public_id})
    stranger = register(client, {SOCIAL: social.public_id}, email="ana@coop.example.org")
    assert page.text.replace("zoe@", "ana@") == stranger.text
    assert len([one for one in registrations() if one.learner_id == known.id]) == 1


def test_the_calendar_holds_the_confirmed_dates_without_anybodys_name(client, social):
    page = register(client, {SOCIAL: social.public_id, AI: "any"})
    response = client.get(f"{page.path}/calendar.ics")
    assert response.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    assert response.headers["Cache-Control"] == "no-store"
    file = response.get_data(as_text=True)
    assert file.count("BEGIN:VEVENT") == 1
    assert "METHOD:PUBLISH" in file
    assert "ATTENDEE" not in file
    assert "zoe" not in file.casefold()


def test_there_is_no_calendar_where_nothing_is_confirmed(client):
    page = register(client, {AI: "any"})
    assert page.all("a", class_="button") == []
    assert client.get(f"{page.path}/calendar.ics").status_code == 404


@pytest.mark.parametrize("kind", ["receipts", "held"])
def test_a_link_that_was_not_made_here_shows_nothing(client, kind):
    whole = make_token("my", "0" * 32)
    for token in (
        "x",
        "%00",
        whole,
        whole.replace(".1.", ".2."),
        make_token("receipt", "0" * 32),
        "a.b.c",
        "٣.1.x",
    ):
        visit(client, f"/fr/{kind}/{token}", status=404)
        assert client.post(f"/fr/held/{token}").status_code == 404


def test_the_receipt_of_a_session_that_needs_approval_says_so(client):
    session = factories.training_session(factories.training("social-economy"), needs_approval=True)
    page = register(client, {SOCIAL: session.public_id})
    assert len(page.all("span", class_="status--pending")) == 1
    assert registrations()[0].status == Status.PENDING


def test_a_form_that_was_open_for_twelve_hours_registers(client, clock, social):
    page = visit(client, "/fr/register")
    clock.shift(timedelta(hours=12))
    fill(page, {SOCIAL: social.public_id})
    assert len(registrations()) == 1


@limited
def test_speed_alone_holds_nobody(client, social):
    fill(visit(client, "/fr/register"), {SOCIAL: social.public_id})
    assert registrations()[0].status == Status.CONFIRMED


@limited
def test_what_a_machine_fills_is_held_asked_by_mail_and_registered_by_a_button(client, social):
    page = visit(client, "/fr/register")
    receipt = fill(page, {SOCIAL: social.public_id}, comment="Buy now")
    assert "Zoé" in receipt.heading
    assert learners() == []
    assert mails() == ["registration_held"]
    public_id = db.session.scalar(select(Submission.public_id))
    link = f"/fr/held/{make_token('held', public_id)}"
    question = visit(client, link)
    visit(client, link)
    assert learners() == []
    assert submit(question).path == receipt.path
    assert registrations()[0].status == Status.CONFIRMED
    assert submit(question).path == receipt.path
    assert len(registrations()) == 1
    assert mails() == ["registration_held", "registration_received"]


@limited
def test_a_held_registration_whose_session_closed_is_told_so(client, social):
    from sets.catalogue.models import TrainingSession
    from sets.database import transaction

    fill(visit(client, "/fr/register"), {SOCIAL: social.public_id}, comment="x")
    with transaction() as session:
        session.get(TrainingSession, social.id).state = "closed"
    public_id = db.session.scalar(select(Submission.public_id))
    submit(visit(client, f"/fr/held/{make_token('held', public_id)}"), status=409)
    assert learners() == []


@limited
def test_sixty_people_of_one_room_register_and_the_next_is_held(client):
    session = factories.training_session(factories.training("social-economy"), capacity=None)
    for number in range(61):
        data = {
            "first_name": "A",
            "last_name": "B",
            "email": f"p{number}@example.org",
            SOCIAL: session.public_id,
        }
        assert client.post("/fr/register", data=data).status_code == 303
    assert len(learners()) == 60
    assert held() == 1


def test_without_limits_nothing_is_held(client, social):
    fill(visit(client, "/fr/register"), {SOCIAL: social.public_id}, comment="Buy now")
    assert held() == 0
    assert len(registrations()) == 1


def test_another_sites_form_is_refused(client, social):
    page = visit(client, "/fr/register")
    fill(page, {SOCIAL: social.public_id}, headers={"Sec-Fetch-Site": "cross-site"}, status=403)
    assert learners() == []


def test_each_visit_gets_a_form_of_its_own(client):
    nonces = {visit(client, "/fr/register").value("form_nonce") for _ in range(3)}
    assert len(nonces) == 3
    page = visit(client, "/fr/register")
    assert page.value("opened").startswith("1772442000.")
    assert page.one("form", id=FORM).get("novalidate") is not None
