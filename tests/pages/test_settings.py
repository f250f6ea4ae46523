"""The page of settings: each is typed, never overwritten unseen, and what it touches follows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets import clock as time
from sets.catalogue.models import Brochure
from sets.database import db
from sets.installation import Setting
from sets.languages import speaking
from sets.mailing.models import Delivery
from sets.pages.settings import begin_settings
from sets.preferences import PREFERENCES, preference
from sets.privacy import period
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import make_account, sign_in

PAGE = "/staff/settings"
pytestmark = pytest.mark.usefixtures("catalogue", "clock")


@pytest.fixture
def administrator(client):
    sign_in(client, "administrator")
    return client


def change(client, key, value, **options):
    return submit(visit(client, f"{PAGE}/{key}"), form=f"/{key}", button="Store", value=value, **options)


def test_every_setting_is_listed_with_its_default_and_opens(administrator):
    page = visit(administrator, PAGE)
    with speaking("en"):
        words = {one.key: (str(one.label), str(one.hint)) for one in PREFERENCES.values()}
    for one in PREFERENCES.values():
        label, hint = words[one.key]
        assert label in page.text
        assert hint in page.text
        assert one.accepts(one.default)
        assert visit(administrator, f"{PAGE}/{one.key}").heading == label
    assert page.text.count("Default") == len(PREFERENCES)


def test_organisers_do_not_change_settings(client):
    sign_in(client, "organiser")
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}/reply_to").status_code == 403


def test_a_change_is_stored_noted_and_taken_back(administrator):
    change(administrator, "reply_to", "answers@example.org")
    assert preference("reply_to") == "answers@example.org"
    page = visit(administrator, PAGE)
    assert "answers@example.org" in page.text
    assert "Claire Morel, Monday 2 March 2026" in page.text
    note = db.session.scalars(select(Activity).where(Activity.verb == "setting_changed")).one()
    assert (note.subject_type, note.subject_id) == ("setting", "reply_to")
    assert "answers@example.org" not in str(note.filter)
    submit(visit(administrator, f"{PAGE}/reply_to"), form="/reply_to", button="Back to the default")
    assert preference("reply_to") == ""
    assert db.session.get(Setting, "reply_to") is None


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("reply_to", "nobody", "Add the “@”"),
        ("retention_needs_days", "0", "Type a whole number from 1 to 180."),
        ("retention_needs_days", "many", "Type a whole number from 1 to 180."),
        ("retention_needs_days", "9" * 9, "Type a whole number from 1 to 180."),
    ],
)
def test_what_cannot_be_is_refused_and_stays_in_the_field(administrator, key, value, sentence):
    page = change(administrator, key, value, status=422)
    assert sentence in page.text
    assert page.one("input", name="value").get("value") == value
    assert db.session.get(Setting, key) is None


def test_a_form_that_was_open_meanwhile_overwrites_nothing_and_shows_both(administrator):
    stale = visit(administrator, f"{PAGE}/sender_name")
    change(administrator, "sender_name", "The trainers")
    page = submit(stale, form="/sender_name", button="Store", value="SETS team", status=409)
    assert preference("sender_name") == "The trainers"
    assert "Claire Morel chose: The trainers." in page.text
    assert page.one("input", name="value").get("value") == "SETS team"
    submit(page, form="/sender_name", button="Store")
    assert preference("sender_name") == "SETS team"


def test_the_contact_address_stands_on_public_pages_and_for_replies(administrator, app):
    change(administrator, "contact_email", "hello@example.org")
    assert "hello@ example.org" in visit(app.test_client(), "/en/contact").text.replace(
        "@example", "@ example"
    )
    from sets.mailing.letterhead import reply_address

    app.extensions["letterhead"].until = 0
    assert reply_address() == "hello@example.org"


def test_brochures_are_made_anew_with_the_contact_address(administrator):
    def hashes():
        db.session.rollback()
        return set(db.session.scalars(select(Brochure.content_hash)))

    before = hashes()
    assert before
    change(administrator, "contact_email", "hello@example.org")
    assert len(hashes()) == len(before)
    assert not hashes() & before


def test_the_sender_has_the_chosen_name(administrator, app):
    from sets.mailing.letterhead import sender

    change(administrator, "sender_name", "The trainers")
    app.extensions["letterhead"].until = 0
    assert sender().startswith("The trainers <")


def test_a_new_session_begins_with_what_was_chosen(administrator):
    change(administrator, "session_reminders", ["60"])
    change(administrator, "session_asks_presence", None)
    page = visit(administrator, "/staff/sessions/new")
    ticked = [
        one.get("value") for one in page.all("input", name="reminders") if one.get("checked") is not None
    ]
    assert ticked == ["60"]
    assert page.one("input", name="asks_presence").get("checked") is None


def test_a_longer_period_holds_at_once_and_is_said_where_people_read(administrator, app):
    change(administrator, "retention_registrations_months", "36")
    assert period("registrations") > timedelta(days=1000)
    assert "36 months after the last thing you do here" in visit(app.test_client(), "/en/privacy").text


def test_a_shorter_period_is_shown_with_its_numbers_and_begins_after_a_week(administrator, app, clock):
    training = factories.training("social-economy")
    session = factories.training_session(training, starts=time.now() + timedelta(days=1))
    for _ in range(3):
        factories.registration(session)
    clock.shift(timedelta(days=400))
    sign_in(administrator, "administrator")
    make_account("organiser")
    page = change(administrator, "retention_registrations_months", "12")
    assert page.heading == "Keep this for a shorter time?"
    assert "this goes for good: 3 people" in page.text
    assert db.session.get(Setting, "retention_registrations_months") is None
    page = submit(page, form="/shortening")
    assert "The shorter period begins on" in page.text
    assert preference("retention_registrations_months") == 24
    mails = db.session.scalars(select(Delivery).where(Delivery.kind == "retention_shorter")).all()
    assert len(mails) == 2
    assert mails[0].facts["count"] == 3
    clock.shift(timedelta(days=6, hours=23))
    assert begin_settings() == 0
    clock.shift(timedelta(hours=2))
    assert begin_settings() == 1
    db.session.rollback()
    assert preference("retention_registrations_months") == 12
    assert "12 months after the last thing you do here" in visit(app.test_client(), "/en/privacy").text


def test_the_announced_shorter_period_can_be_taken_back(administrator):
    page = change(administrator, "retention_mails_days", "60")
    page = submit(page, form="/shortening")
    assert "60 days" in page.text
    page = visit(administrator, f"{PAGE}/retention_mails_days")
    submit(page, form="/retention_mails_days", button="Back to the default")
    assert "60 days" not in visit(administrator, PAGE).text


def test_a_stored_value_that_makes_no_sense_counts_as_the_default(app):
    from sets.database import transaction

    with transaction() as session:
        session.add(Setting(key="retention_needs_days", value="soon", changed_at=time.now()))
    assert preference("retention_needs_days") == 30
