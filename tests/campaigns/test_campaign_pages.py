"""Writing a campaign as a coordinator does: from a session's page, in each language, two at once."""

from __future__ import annotations

import pytest

from sets.campaigns.models import Campaign
from sets.database import db, transaction
from tests import factories
from tests.pages import submit, visit
from tests.registration.signups import at
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


def test_a_draft_is_saved_in_the_background_and_says_so(coordinator):
    campaign = a_campaign()
    page = visit(coordinator, edit(campaign))
    fields = {name: page.value(name) for name in ("csrf_token", "revision", "subject")}

    def save(**values):
        return coordinator.post(
            edit(campaign, "fr"), data=fields | values, headers={"Accept": "application/json"}
        )

    answer = save(body="Half")
    assert (answer.status_code, answer.json) == (200, {"revision": 2, "words": "Saved at 10:00."})
    assert reloaded(campaign).texts["fr"].body == "Half"
    # Pressing the button afterwards, with the revision of before and nothing new, is no conflict with oneself.
    assert save(body="Half").json["revision"] == 2
    assert save(body="Other").status_code == 409
    refused = save(body="{nobody_knows}", revision="2")
    assert refused.status_code == 422
    assert refused.json["words"].startswith("This is not saved yet: There is no field {nobody_knows}.")
    assert reloaded(campaign).texts["fr"].body == "Half"


def test_a_text_is_kept_begun_with_again_and_deleted(coordinator):
    campaign = a_campaign({"fr": ("À nous", "Bonjour"), "it": ("Da noi", "Ciao")})
    page = submit(visit(coordinator, edit(campaign)), form="kept-texts", kept_name="Ours")
    assert "Kept as “Ours”: a campaign can begin with it." in page.text
    session = factories.training_session()
    factories.registration(session, factories.learner(language="it"))
    page = submit(
        visit(coordinator, f"{LIST}/new?session={session.public_id}"), form="begin", start="kept:Ours"
    )
    assert (page.heading, page.value("subject")) == ("Ours", "Da noi")
    assert sorted(drafts()[-1].texts) == ["it"]
    assert visit(coordinator, edit(drafts()[-1], "fr")).value("subject") == "À nous"
    page = submit(visit(coordinator, f"{LIST}/new"), form="kept-texts/deletion")
    assert "Kept by the team" not in page.text
    assert drafts()[-1].texts["it"].subject == "Da noi"


def test_a_draft_is_deleted_and_a_campaign_that_was_sent_is_copied_not_changed(coordinator):
    sent = a_campaign(state="done", left_out=[7])
    page = visit(coordinator, edit(sent))
    assert not page.all("textarea")
    visit(coordinator, LIST)
    token = visit(coordinator, f"{LIST}/new").value("csrf_token")
    answer = coordinator.post(f"{LIST}/{sent.public_id}/copy", data={"csrf_token": token})
    assert answer.status_code == 303
    copy = drafts()[-1]
    assert (copy.state, copy.texts["fr"].subject, copy.left_out) == ("draft", "Votre lien", [7])
    page = submit(visit(coordinator, edit(copy)), form="deletion")
    assert "The draft is deleted." in page.text
    assert [one.public_id for one in drafts()] == [sent.public_id]
    for path in ("edit", "audience", "deletion", "left-out"):
        coordinator.post(
            f"{LIST}/{sent.public_id}/{path}",
            data={"csrf_token": token, "subject": "New", "body": "x", "revision": "1", "name": "New"},
        )
    assert reloaded(sent).texts["fr"].subject == "Votre lien"
    assert reloaded(sent).left_out == [7]


def test_news_go_to_those_who_asked_for_them(coordinator):
    page = visit(coordinator, LIST).click("Write news")
    assert "People who asked for news of the trainings." in page.text
    page = submit(page, start="ready:new_dates")
    (draft,) = drafts()
    assert (draft.audience, draft.catch_up, draft.filter) == ("news", False, {})
    assert "Still to be written: [[the trainings and their dates]]" in page.text
    page = submit(page.click("See the names, or change to whom"), form="/audience", name="Spring")
    assert reloaded(draft).name == "Spring"


def test_whom_it_is_for_changed_by_two_at_once_is_not_replaced_silently(coordinator):
    campaign = a_campaign()
    path = f"{LIST}/{campaign.public_id}/audience"
    mine, theirs = visit(coordinator, path), visit(coordinator, path)
    # Writing the text is no change of the people.
    submit(visit(coordinator, edit(campaign)), form="text", subject="New")
    submit(theirs, form="/audience", name="Theirs", language="it")
    page = submit(mine, form="/audience", name="Mine", status=409)
    assert "Somebody changed this in the meantime" in page.text
    assert "who read our messages in: Italian" in page.text
    assert page.value("name") == "Mine"
    assert reloaded(campaign).name == "Theirs"
    submit(page, form="/audience")
    assert reloaded(campaign).name == "Mine"


def test_odd_requests_are_answered(coordinator):
    campaign = a_campaign()
    for query in (
        "?session=x&status=y&language=zz&q=%22&wants=%25&audience=other&unsent=" + "x" * 99,
        "?training=no",
    ):
        visit(coordinator, f"{LIST}/new{query}")
    visit(coordinator, edit(campaign, "xx"))
    visit(coordinator, f"{LIST}?page=99999999999999999999")
    visit(coordinator, f"{LIST}/{campaign.public_id}/audience?page=-3")
    assert coordinator.get(f"{LIST}/00000000-0000-0000-0000-000000000000/edit").status_code == 404


def test_who_is_no_member_of_the_team_sees_nothing(client, clock):
    assert client.get(LIST).status_code == 303


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_the_pages_speak_the_language_of_the_reader(client, clock, language):
    sign_in(client, "coordinator", language=language)
    session = factories.training_session()
    factories.registration(session, factories.learner(language="it"))
    campaign = a_campaign(name="Zoé", filter={"session": session.public_id, "language": "it"})
    for path in (
        LIST,
        f"{LIST}/new?session={session.public_id}",
        edit(campaign),
        f"{LIST}/{campaign.public_id}/audience",
    ):
        visit(client, path)


def test_catching_up_needs_a_moment_to_come(coordinator):
    campaign = a_campaign()
    page = visit(coordinator, f"{LIST}/{campaign.public_id}/audience")
    for until in ("", "2026-03-02T09:00", "soon"):
        answer = submit(page, form="/audience", catch_up_until=until, status=422)
        assert answer.value("catch_up_until") == until
    page = submit(page, form="/audience", catch_up_until="2026-03-29T02:30")
    assert reloaded(campaign).catch_up_until == at("2026-03-29 03:30")
    assert submit(page, form="/audience", catch_up=None, catch_up_until="").path.endswith("audience")
    assert not reloaded(campaign).catch_up


def test_many_names_come_in_pages_and_saving_one_page_leaves_the_others(coordinator, monkeypatch):
    monkeypatch.setattr("sets.campaigns.audience_views.NAMES", 2)
    session = factories.training_session()
    people = [factories.learner(last_name=name) for name in ("Alba", "Bruni", "Costa")]
    for person in people:
        factories.registration(session, person)
    campaign = a_campaign(filter={"session": session.public_id}, left_out=[people[0].id])
    page = visit(coordinator, f"{LIST}/{campaign.public_id}/audience").click("Next page")
    assert "Costa" in page.text
    assert "Bruni" not in page.text
    submit(page, form="names", chosen=[])
    assert reloaded(campaign).left_out == [people[0].id, people[2].id]


def test_what_is_saved_too_late_says_so(coordinator):
    campaign = a_campaign()
    text, audience = (
        visit(coordinator, edit(campaign)),
        visit(coordinator, f"{LIST}/{campaign.public_id}/audience"),
    )
    with transaction():
        db.session.query(Campaign).filter_by(id=campaign.id).update({"state": "done"})
    for page, form in ((text, "text"), (text, "kept-texts"), (text, "deletion"), (audience, "/audience")):
        answer = submit(page, form=form, **({"subject": "Late"} if form == "text" else {}))
        assert ("This campaign is on its way already: it cannot be changed." in answer.text) == (
            form != "kept-texts"
        )
    assert reloaded(campaign).texts["fr"].subject == "Votre lien"
