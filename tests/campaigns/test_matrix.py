"""Who of a session got which message, and sending what somebody lacks. On both databases."""

from __future__ import annotations

import pytest

from sets.campaigns import deciding, sending
from sets.campaigns.matrix import read_matrix
from sets.campaigns.sending import CampaignRefused
from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration.models import Registration
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import make_account, sign_in

from .campaigns import a_campaign, reloaded
from .test_progress import run, set_states

pytestmark = pytest.mark.usefixtures("app", "clock")


def a_session(*names, **values):
    """Return a session with people of these names, each confirmed and told so."""
    session = factories.training_session(capacity=None, **values)
    for name in names:
        person = factories.learner(f"{name}@example.org", first_name=name.upper(), last_name="Rey")
        row = factories.registration(session, person)
        factories.delivery(f"{name}@example.org", about=row, status="sent")
    return session


def send(session, **values):
    campaign = a_campaign(filter={"session": session.public_id}, **values)
    sending.start_campaign(campaign.public_id, revision=1, account_id=make_account().id)
    run()
    return reloaded(campaign)


def matrix_of(session):
    db.session.rollback()
    found = read_matrix(db.session.get(TrainingSession, session.id))
    return {
        row.name: [cell.status or ("+" if cell.can_fill else "") for cell in row.cells] for row in found.rows
    }


def path(session, more=""):
    return f"/staff/sessions/{session.public_id}/messages{more}"


def mails(campaign):
    db.session.rollback()
    return db.session.query(Delivery).filter_by(campaign_id=campaign.id).order_by(Delivery.id).all()


def test_each_message_of_each_person_is_a_cell_and_empty_ones_can_be_filled_where_they_fit():
    session = a_session("a", "b")
    first = send(session, catch_up=False)
    set_states(first, "sent", "failed")
    factories.registration(session, factories.learner(first_name="C", last_name="Rey"))
    factories.registration(session, factories.learner(first_name="W", last_name="Rey"), status="waiting")
    factories.registration(session, factories.learner(first_name="X", last_name="Rey"), status="cancelled")
    assert matrix_of(session) == {
        "Rey, A": ["sent", "sent"],
        "Rey, B": ["sent", "failed"],
        "Rey, C": ["", "+"],
        "Rey, W": ["", ""],
    }
    assert list(matrix_of(session))[-1] == "Rey, W"


def test_who_lacks_what_is_who_has_a_place_and_not_the_message():
    session = a_session("a", "b", "c")
    campaign = send(session)
    set_states(campaign, "sent", "unknown", "queued")
    assert [row.name for row in read_matrix(session).lacking] == ["Rey, B"]
    set_states(campaign, "sent", bounced_at=now())
    assert [row.name for row in read_matrix(session).lacking] == ["Rey, A", "Rey, B"]


def test_a_campaign_to_another_session_and_news_are_no_columns():
    session, other = a_session("a"), a_session("b")
    send(other)
    assert matrix_of(session) == {"Rey, A": ["sent"]}


def test_the_ticked_get_what_they_lack_once_and_nobody_else(client):
    session = a_session("a")
    campaign = send(session, catch_up=False)
    set_states(campaign, "sent")
    run()
    assert reloaded(campaign).state == "done"
    for name in ("C", "D"):
        factories.registration(session, factories.learner(first_name=name, last_name="Rey"))
    sign_in(client)
    page = visit(client, path(session))
    chosen = db.session.query(Registration).order_by(Registration.id.desc()).first()
    cell = f"{campaign.public_id} {chosen.public_id}"
    page = submit(page, button="Send to the chosen", cell=[cell])
    assert "1 message leaves now." in page.text
    assert matrix_of(session)["Rey, D"] == ["", "queued"]
    assert matrix_of(session)["Rey, C"] == ["", "+"]
    assert reloaded(campaign).state == "sending"
    page = submit(page, button="Send to the chosen", forged={"cell": [cell]})
    assert "Nothing was sent" in page.text
    assert len(mails(campaign)) == 2


def test_who_gave_up_meanwhile_is_not_written_to():
    session = a_session("a")
    campaign = send(session, catch_up=False)
    late = factories.registration(session)
    with transaction() as store:
        store.get(Registration, late.id).status = "cancelled"
    assert deciding.send_to(campaign.public_id, [late.public_id]) == 0


def test_a_stopped_campaign_fills_nothing():
    session = a_session("a")
    campaign = send(session)
    sending.stop_campaign(campaign.public_id)
    late = factories.registration(session)
    assert matrix_of(session)[f"{late.learner.last_name}, {late.learner.first_name}"] == ["", ""]
    with pytest.raises(CampaignRefused, match="not_running"):
        deciding.send_to(campaign.public_id, [late.public_id])


def test_a_message_that_says_nothing_of_a_registration_counts_once_for_a_person():
    session = a_session("a")
    campaign = send(session, texts={"fr": ("Merci", "Merci à tous.")}, catch_up=False)
    row = db.session.query(Registration).one()
    assert matrix_of(session)["Rey, A"] == ["sent", "queued"]
    assert deciding.send_to(campaign.public_id, [row.public_id]) == 0


def test_the_page_leads_from_the_session_and_shows_everybody_or_those_who_lack(client):
    session = a_session("a", "b")
    set_states(send(session), "sent", "failed")
    sign_in(client)
    page = visit(client, f"/staff/sessions/{session.public_id}").click("Who got which message")
    assert "Rey, A" in page.text
    page = page.click("With a place, and lacking a message: 1")
    assert "Rey, A" not in page.text
    assert "Rey, B" in page.text


def test_a_session_without_people_and_one_that_lacks_nothing_say_so(client):
    sign_in(client)
    assert "Nobody is registered" in visit(client, path(factories.training_session())).text
    assert "Nobody lacks a message" in visit(client, path(a_session("a"), "?lack=1")).text
