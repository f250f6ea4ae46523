"""Writing a campaign as a coordinator does: from a session's page, in each language, two at once."""

from __future__ import annotations

import pytest

from sets.campaigns.models import Campaign
from sets.database import db
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in

from .campaigns import a_campaign, reloaded

LIST = "/staff/campaigns"


@pytest.fixture
def coordinator(client, clock):
    client.account = sign_in(client, "coordinator")
    return client


def drafts():
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Campaign).order_by(Campaign.id).all()


def edit(campaign, language=""):
    return f"{LIST}/{campaign.public_id}/edit" + (f"?language={language}" if language else "")


def test_a_campaign_begins_on_the_page_of_a_session_with_a_ready_made_text(coordinator):
    session = factories.training_session()
    for language, status in (
        ("fr", "confirmed"),
        ("fr", "confirmed"),
        ("it", "confirmed"),
        ("en", "waiting"),
    ):
        factories.registration(session, factories.learner(language=language), status=status)
    page = visit(coordinator, f"/staff/sessions/{session.public_id}").click("Write to its people")
    assert "People with a confirmed place" in page.text
    assert "3 people French: 2 Italian: 1" in page.text
    page = submit(page, start="ready:your_link")
    assert page.heading == "Your link"
    assert [
        one.get("href").rpartition("=")[2] for one in page.all("a") if "language=" in one.get("href", "")
    ][:2] == ["fr", "it"]
    (draft,) = drafts()
    assert sorted(draft.texts) == ["fr", "it"]
    assert "{join_link}" in draft.texts["it"].body
    assert draft.catch_up
    assert draft.catch_up_until == session.meetings[-1].ends_at
    assert draft.filter == {"session": session.public_id, "status": "confirmed"}


def test_the_filter_of_the_list_goes_along(coordinator):
    session = factories.training_session()
    factories.registration(session, factories.learner(language="it"))
    slug = session.training.slug
    page = visit(coordinator, f"/staff/registrations?language=it&training={slug}").click("Mail these people")
    assert "who read our messages in: Italian" in page.text
    submit(page)
    (draft,) = drafts()
    assert draft.filter == {"training": slug, "status": "confirmed", "language": "it"}


def test_a_field_that_there_is_not_is_refused_with_the_nearest_one(coordinator):
    campaign = a_campaign()
    page = submit(
        visit(coordinator, edit(campaign)),
        form="text",
        subject="Hello {first_nam}",
        body="As I typed it",
        status=422,
    )
    assert "There is no field {first_nam}. Did you mean {first_name}?" in page.text
    assert page.value("body") == "As I typed it"
    assert reloaded(campaign).texts["fr"].subject == "Votre lien"


def test_two_people_in_one_text_do_not_overwrite_each_other_silently(coordinator):
    campaign = a_campaign()
    mine, theirs = visit(coordinator, edit(campaign)), visit(coordinator, edit(campaign))
    submit(theirs, form="text", subject="Theirs", body="Their body")
    page = submit(mine, form="text", subject="Mine", body="My body", status=409)
    assert "Somebody saved this text while you were writing" in page.text
    assert "Their body" in page.text
    assert (page.value("subject"), page.value("body")) == ("Mine", "My body")
    assert reloaded(campaign).texts["fr"].subject == "Theirs"
    submit(page, form="text")
    assert reloaded(campaign).texts["fr"].subject == "Mine"


def test_a_language_is_added(coordinator):
    campaign = a_campaign(purpose="reminder")
    page = visit(coordinator, edit(campaign)).click("Italian")
    assert page.value("subject") == "Promemoria: «{training}»"
    submit(page, form="text", subject="Ciao")
    assert reloaded(campaign).texts["it"].subject == "Ciao"


def test_somebody_is_left_out_by_hand_and_taken_back(coordinator):
    session = factories.training_session()
    people = [factories.learner(last_name=name) for name in ("Alba", "Bruni")]
    for person in people:
        factories.registration(session, person)
    campaign = a_campaign(filter={"session": session.public_id})
    page = visit(coordinator, edit(campaign)).click("See the names, or change to whom")
    assert "2 people fit" in page.text
    page = submit(page, form="names", chosen=[str(people[1].id)])
    assert reloaded(campaign).left_out == [people[0].id]
    assert "without one person left out by hand" in page.text
    submit(page, form="names", chosen=[str(person.id) for person in people])
    assert reloaded(campaign).left_out == []


def test_the_audience_is_changed_and_read_back(coordinator):
    session = factories.training_session()
    sent = a_campaign(name="Your link", state="done")
    campaign = a_campaign(name="Second")
    page = visit(coordinator, f"{LIST}/{campaign.public_id}/audience")
    page = submit(
        page,
        form="/audience",
        name="Waiting",
        session=session.public_id,
        forged={"status": "waiting"},
        unsent=sent.public_id,
        fallback="fr",
    )
    stored = reloaded(campaign)
    assert stored.filter == {"session": session.public_id, "status": "waiting", "unsent": sent.public_id}
    assert (stored.name, stored.fallback) == ("Waiting", "fr")
    assert "who did not get “Your link”" in page.text
    assert "These people have no place: they are on the waiting list." in page.text
