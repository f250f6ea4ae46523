"""The team registers somebody: the same places and queue, known addresses, the mail, and refusing it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration import workflow
from sets.registration.models import Consent, Learner, Registration, RegistrationEvent, Status
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.registration.letters_read import calendars, html_of, letter, text_of
from tests.staff.signing import sign_in

NEW = "/staff/registrations/new"
FORM = "/staff/registrations"


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


def add(client, place, *, status=200, **fields):
    """Fill in the form for Amina and send it."""
    details = {
        "first_name": "Amina",
        "last_name": "Benali",
        "email": "amina@example.org",
        "mail_language": "en",
    }
    return submit(visit(client, NEW), place=place, form=FORM, status=status, **details | fields)


def rows():
    db.session.rollback()
    return list(db.session.scalars(select(Registration).order_by(Registration.id)))


def people():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Learner))


def objection_in(mail):
    return re.search(r"http://localhost(/\S+/objection)", text_of(mail))[1]


def test_an_added_person_has_a_place_and_a_mail_that_says_who_did_it(catalogue, organiser):
    session = factories.training_session(factories.training("social-economy"), capacity=1)
    public_id = session.public_id
    page = add(organiser, public_id)
    assert page.heading == "Amina Benali"
    assert "A mail tells the person who registered them" in page.text
    assert "Registered by" in page.text
    (row,) = rows()
    assert (row.status, row.origin) == ("confirmed", "staff")
    event = db.session.scalars(select(RegistrationEvent)).one()
    assert (event.actor_kind, event.mailed) == ("staff", True)
    assert any("register" in verb or "add" in verb for verb in db.session.scalars(select(Activity.verb)))
    mail = letter("amina")
    assert mail["Subject"].startswith("Your place is confirmed")
    assert "Claire Morel, of the SETS team, registered you for this training." in text_of(mail)
    assert "What was noted about you is then erased." in text_of(mail)
    assert "for this training. You did not expect this" in " ".join(html_of(mail).split())
    assert "/en/privacy" in text_of(mail)
    assert [method for method, _entry in calendars(mail)] == ["REQUEST"]
    # Nobody has agreed to anything yet.
    assert db.session.scalar(select(func.count()).select_from(Consent)) == 0


def test_an_added_person_waits_while_anybody_waits(catalogue, organiser):
    session = factories.training_session(capacity=1)
    factories.registration(session)
    factories.registration(session, status=Status.WAITING)
    public_id = session.public_id
    assert "joins the waiting list at rank 2" in visit(organiser, NEW).text
    page = add(organiser, public_id)
    assert "Waiting list, rank 2" in page.text
    assert letter("amina")["Subject"].startswith("You are on the waiting list")


def test_an_approval_session_holds_the_place_until_the_team_decides(catalogue, organiser):
    session = factories.training_session(needs_approval=True)
    add(organiser, session.public_id)
    assert rows()[0].status == "pending"
    db.session.rollback()
    assert db.session.get(type(session), rows()[0].training_session_id).places_taken == 1


def test_any_date_waits_in_the_languages_that_the_person_reads(catalogue, organiser):
    add(organiser, "any:social-economy", languages=["es", "it"])
    (row,) = rows()
    assert (row.status, row.training_session_id, sorted(row.wants)) == ("waiting", None, ["es", "it"])


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
@pytest.mark.parametrize("what", ["any date", "approval"])
def test_the_mail_is_written_in_the_persons_own_language(catalogue, organiser, language, what):
    session = factories.training_session(factories.training("social-economy"), needs_approval=True)
    place = session.public_id if what == "approval" else "any:social-economy"
    add(organiser, place, mail_language=language)
    mail = letter("amina")
    assert f'<html lang="{language}"' in html_of(mail)
    assert f"/{language}/my/" in objection_in(mail)
    assert "Claire Morel" in text_of(mail)
    assert calendars(mail) == []


def test_pauses_and_closing_hours_do_not_bind_the_team_but_drafts_do(catalogue, organiser):
    paused = factories.training_session(state="paused", closes_at=now())
    draft = factories.training_session(state="draft")
    ids = paused.public_id, draft.public_id
    assert ids[1] not in visit(organiser, NEW).source
    assert (
        "This choice is not in the list any more"
        in add(organiser, ids[0], forged={"place": ids[1]}, status=422).text
    )
    add(organiser, ids[0])
    assert [row.status for row in rows()] == ["confirmed"]


def test_do_not_mail_is_kept_in_the_history(catalogue, organiser):
    page = add(organiser, factories.training_session().public_id, silent=True)
    assert "As you chose, the person is not written to." in page.text
    assert "without a mail" in page.text
    assert db.session.scalars(select(Delivery)).all() == []
    assert db.session.scalars(select(RegistrationEvent.mailed)).all() == [False]


def test_a_known_address_is_asked_about_and_keeps_its_details(catalogue, organiser):
    session = factories.training_session()
    known = factories.learner("amina@example.org", first_name="Zoé", last_name="Lefèvre", language="es")
    factories.registration(factories.training_session(), known)
    known_id, place = known.public_id, session.public_id
    page = add(organiser, place, status=422)
    assert "Say whether it is the same person." in page.text
    assert "Zoé Lefèvre, Coopérative des Tilleuls" in page.text
    assert page.value("first_name") == "Amina"
    page = submit(page, form=FORM, person=known_id)
    assert page.heading == "Zoé Lefèvre"
    assert people() == 1
    db.session.rollback()
    # Their own language stays.
    assert "plaza" in letter("amina")["Subject"]
    assert "What was noted about you" not in text_of(letter("amina"))


def test_for_a_known_person_the_address_is_enough(catalogue, organiser):
    known = factories.learner("amina@example.org", language="it")
    factories.registration(factories.training_session(), known)
    person = known.public_id
    page = submit(
        visit(organiser, NEW), place="any:social-economy", email="AMINA@example.org", form=FORM, status=422
    )
    assert "(optional)" not in "".join(page.one("fieldset", id="person").find("legend").itertext())
    submit(page, form=FORM, person=person)
    assert [(row.status, row.wants) for row in rows()] == [("confirmed", []), ("waiting", ["it"])]
    assert people() == 1


def test_another_person_at_a_known_address_is_made_once(catalogue, organiser):
    place = factories.training_session().public_id
    factories.learner("amina@example.org", first_name="Zoé")
    page = add(organiser, place, status=422)
    assert submit(page, form=FORM, person="another").heading == "Amina Benali"
    # The same form again, from a page that was still open.
    page = add(organiser, place, status=422)
    page = submit(page, form=FORM, person="another", status=422)
    assert "registered for this training already" in page.text
    assert people() == 2
    slots = db.session.scalars(select(Learner.email_slot).order_by(Learner.email_slot)).all()
    assert slots == [0, 1]


def test_who_has_a_place_or_was_refused_is_not_added_again(catalogue, organiser):
    session = factories.training_session()
    place = session.public_id
    known = factories.learner("amina@example.org")
    person = known.public_id
    registration = factories.registration(session, known, status=Status.REJECTED)
    page = add(organiser, place, status=422)
    page = submit(page, form=FORM, person=person, status=422)
    assert "Restore that registration instead." in page.text
    with transaction() as store:
        store.get(Registration, registration.id).status = Status.CANCELLED
    submit(page, form=FORM, person=person)
    assert [row.status for row in rows()] == ["confirmed"]


def test_a_form_with_nothing_in_it_lists_what_is_missing(catalogue, organiser):
    page = submit(visit(organiser, NEW), form=FORM, status=422)
    for words in ("Choose a training and a date.", "Write the first name.", "Write the e-mail address.",
                  "Choose the language of their messages."):  # fmt: skip
        assert words in page.text
    assert rows() == []


def test_refusing_erases_whom_the_team_alone_had_noted(catalogue, app, organiser):
    session = factories.training_session(capacity=1)
    add(organiser, session.public_id)
    next_one = factories.registration(session, status=Status.WAITING).id
    path = objection_in(letter("amina"))
    visitor = app.test_client()
    page = visit(visitor, path)
    assert "everything that was noted about you is erased at once" in page.text
    assert people() == 2
    page = submit(page, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.heading == "Refused and erased"
    assert people() == 1
    assert db.session.get(Registration, next_one).status == "offered"
    visit(visitor, path, status=410)


def test_refusing_cancels_and_keeps_whom_we_knew(catalogue, app, organiser):
    known = factories.learner("amina@example.org", language="en")
    factories.registration(factories.training_session(), known)
    person = known.public_id
    page = add(organiser, factories.training_session().public_id, status=422)
    submit(page, form=FORM, person=person)
    page = visit(app.test_client(), objection_in(letter("amina")))
    assert "Your other registrations, if you have any, stay as they are." in page.text
    page = submit(page, headers={"Sec-Fetch-Site": "same-origin"})
    assert [row.status for row in rows()] == ["confirmed", "cancelled"]
    assert people() == 1


def test_a_mail_that_takes_the_place_of_the_first_still_says_how_to_refuse(catalogue, organiser):
    page = add(organiser, factories.training_session(needs_approval=True).public_id)
    submit(page, button="Approve")
    text = text_of(letter("amina", "place_confirmed"))
    assert "The SETS team registered you for this training." in text
    assert "/objection" in text


def test_an_offer_that_follows_from_the_teams_entry_can_be_refused_as_well(catalogue, app, organiser):
    training = factories.training("social-economy")
    add(organiser, "any:social-economy", languages=["fr"])
    session = factories.training_session(training)
    session_id = session.id
    db.session.rollback()
    assert workflow.fill_session(session_id) == 1
    page = visit(app.test_client(), objection_in(letter("amina", "place_offered")))
    assert page.heading == "Do you refuse this registration?"
    submit(page, headers={"Sec-Fetch-Site": "same-origin"})
    assert people() == 0


def test_coordinators_do_not_add_people(client):
    sign_in(client, "coordinator")
    visit(client, NEW, status=403)
    assert not visit(client, FORM).all("a", text="Add a person")


@pytest.mark.parametrize("language", ["fr", "es", "it"])
def test_the_form_stands_in_every_language(catalogue, client, language):
    factories.training_session()
    sign_in(client, "organiser", language=language)
    visit(client, NEW)
