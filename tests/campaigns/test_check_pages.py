"""The last page before a campaign leaves: what is odd, the mail as people get it, and the sending, once."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from sets.campaigns import check_views, sending
from sets.campaigns.link_checking import Link
from sets.campaigns.models import Campaign
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.mailing.rendering import render
from tests import factories
from tests.pages import submit, visit
from tests.questionnaires.asking import a_question, a_version
from tests.registration.letters_read import as_posted, text_of
from tests.staff.signing import sign_in

from .campaigns import a_campaign, reloaded


@pytest.fixture
def coordinator(client, clock):
    sign_in(client, "coordinator")
    return client


def check(campaign):
    return f"/staff/campaigns/{campaign.public_id}/check"


def people(count, **values):
    session = factories.training_session(capacity=None, **values)
    for _ in range(count):
        factories.registration(session)
    return session


def mails():
    while sending.run_due():
        pass
    db.session.rollback()
    return list(db.session.scalars(select(Delivery).where(Delivery.kind == "campaign")))


def test_a_draft_is_sent_to_the_people_that_the_page_counts(coordinator):
    campaign = a_campaign(filter={"session": people(2).public_id})
    page = visit(coordinator, check(campaign))
    assert "2 messages" in page.text
    submit(page, form="sending", follow=False, status=303)
    assert reloaded(campaign).state == "expanding"
    assert len(mails()) == 2


def test_the_page_says_who_how_many_in_which_language_and_until_when(coordinator):
    session = people(2)
    factories.registration(session, factories.learner(language="it"))
    campaign = a_campaign(
        {"fr": ("Objet", "Bonjour."), "it": ("Oggetto", "Ciao.")}, filter={"session": session.public_id}
    )
    page = visit(coordinator, check(campaign))
    assert "3 mails leave: 2 in French, 1 in Italian." in page.text
    assert "At most 1200 a minute." in page.text


def test_a_second_press_is_told_that_it_left_already_and_nothing_leaves_twice(coordinator):
    campaign = a_campaign(filter={"session": people(2).public_id})
    page = visit(coordinator, check(campaign))
    submit(page, form="sending", follow=False, status=303)
    again = submit(page, form="sending")
    assert "It leaves once, however often the button is pressed." in again.text
    assert len(mails()) == 2


def test_two_coordinators_who_both_press_send_it_once(app, coordinator):
    campaign = a_campaign(filter={"session": people(2).public_id})
    other = app.test_client()
    sign_in(other, "coordinator")
    pages = [visit(client, check(campaign)) for client in (coordinator, other)]
    for page in pages:
        submit(page, form="sending", follow=False, status=303)
    assert len(mails()) == 2


def test_a_draft_that_changed_since_it_was_read_is_shown_again_instead_of_sent(coordinator):
    campaign = a_campaign(filter={"session": people(1).public_id})
    page = visit(coordinator, check(campaign))
    with transaction() as store:
        store.get(Campaign, campaign.id).revision += 1
    page = submit(page, form="sending", status=409)
    assert "Somebody changed this draft since you read it." in page.text
    assert reloaded(campaign).state == "draft"
    submit(page, form="sending", follow=False, status=303)
    assert reloaded(campaign).state == "expanding"


def test_somebody_more_than_was_shown_is_said_before_it_is_sent(coordinator):
    session = people(1)
    campaign = a_campaign(filter={"session": session.public_id})
    page = visit(coordinator, check(campaign))
    factories.registration(db.session.merge(session))
    page = submit(page, form="sending", status=409)
    assert "The number of people has changed" in page.text
    submit(page, form="sending", follow=False, status=303)
    assert len(mails()) == 2


def test_above_fifty_people_their_number_is_typed(coordinator):
    campaign = a_campaign(filter={"session": people(51).public_id})
    page = visit(coordinator, check(campaign))
    page = submit(page, form="sending", people="50", when="later", at="2026-03-05T18:00", status=422)
    assert "51 mails leave. Type this number to send them." in page.text
    assert page.value("at") == "2026-03-05T18:00"
    submit(page, form="sending", people="51", when="now", follow=False, status=303)
    assert reloaded(campaign).state == "expanding"


def test_fifty_people_are_only_counted(coordinator):
    campaign = a_campaign(filter={"session": people(50).public_id})
    page = visit(coordinator, check(campaign))
    assert not page.all("input", name="people")
    submit(page, form="sending", follow=False, status=303)


def test_a_time_is_one_of_the_coordinators_zone_and_can_be_taken_back(client, clock):
    sign_in(client, "coordinator", time_zone="Europe/Athens")
    campaign = a_campaign(filter={"session": people(1).public_id})
    page = visit(client, check(campaign))
    assert "Athens time" in page.text
    page = submit(page, form="sending", when="later", at="2026-03-05T18:00")
    assert "Planned: it leaves on Thursday 5 March 2026, 18:00, Athens time." in page.text
    assert reloaded(campaign).send_at == datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
    assert mails() == []
    page = submit(visit(client, check(campaign)), form="unscheduling")
    assert "It is a draft again" in page.text
    page = submit(page, form="sending", when="later", at="2026-03-01T18:00", status=422)
    assert "This moment has passed. Choose a later one." in page.text
    page = submit(page, form="sending", when="later", at="2026-03-29T03:30", status=422)
    assert "The clocks skip this hour that day." in page.text
    assert (
        "Choose the day and the hour." in submit(page, form="sending", when="later", at="", status=422).text
    )
    submit(page, form="sending", when="later", at="tomorrow", status=422)


def test_nonsense_in_the_form_sends_nothing(coordinator):
    campaign = a_campaign(filter={"session": people(1).public_id})
    page = visit(coordinator, check(campaign))
    for forged in ({"revision": "x"}, {"revision": "9" * 30}, {"shown": "-1"}, {"when": "never"}):
        submit(page, form="sending", forged=forged, status=422 if "when" in forged else 409)
    assert reloaded(campaign).state == "draft"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"filter": {"session": "nobody"}}, "Nobody fits: there is nobody to write to."),
        (
            {"texts": {"it": ("Oggetto", "Ciao.")}},
            "One person reads French, and there is no subject or no text in it.",
        ),
        ({"texts": {"fr": ("Objet", "{nom}")}}, "There is no field “{nom}”."),
    ],
)
def test_what_blocks_is_said_and_the_button_is_not_there(coordinator, values, said):
    session = people(1)
    campaign = a_campaign(**{"filter": {"session": session.public_id}} | values)
    page = visit(coordinator, check(campaign))
    assert said in page.text
    assert not page.all("form", id="sending")
    token = page.all("input", name="csrf_token")[0].get("value")
    sent = {"csrf_token": token, "when": "now", "revision": "1", "shown": "0" if "filter" in values else "1"}
    assert coordinator.post(f"/staff/campaigns/{campaign.public_id}/sending", data=sent).status_code == 409
    assert reloaded(campaign).state == "draft"


def test_the_mail_is_shown_as_any_recipient_gets_it_with_links_masked(coordinator):
    session = factories.training_session()
    first = factories.learner(first_name="Amina", last_name="Aaa", proven_at=now())
    luca = factories.learner(first_name="Luca", last_name="Zzz", proven_at=now(), language="it")
    for one in (first, luca):
        factories.registration(session, one)
    texts = {code: (f"Objet {code}", "{greeting}\n\n[x]({join_link})") for code in ("fr", "it")}
    campaign = a_campaign(texts, filter={"session": session.public_id})
    page = visit(coordinator, check(campaign))
    assert "Bonjour Amina," in page.text
    page = visit(coordinator, check(campaign) + "?q=LUCA").click("Luca Zzz")
    assert "Ciao Luca," in page.text
    assert "Oggetto" not in page.text
    assert "/join/•••" in page.text
    frame = page.all("iframe")[0].get("src")
    answer = coordinator.get(frame)
    html = answer.get_data(as_text=True)
    assert "Ciao Luca," in html
    assert "•••" in html
    assert "/join/" + "0" not in html
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "frame-src 'self'" in page.response.headers["Content-Security-Policy"]


def test_nobody_else_can_be_looked_at(coordinator):
    campaign = a_campaign(filter={"session": people(1).public_id})
    stranger = factories.registration()
    handle = f"{stranger.learner_id}-{stranger.id}"
    assert coordinator.get(f"{check(campaign)}/mail?recipient={handle}").status_code == 404
    assert coordinator.get(f"{check(campaign)}/mail").status_code == 404
    assert "Nobody of that name gets it." in visit(coordinator, check(campaign) + "?q=nobody").text


def test_a_test_reaches_its_writer_in_each_language_speaks_of_nobody_and_does_not_count(client, clock):
    account = sign_in(client, "coordinator", name="Bea Conti", email="bea@team.example")
    session = factories.training_session()
    for code in ("fr", "it"):
        person = factories.learner(language=code, first_name="Secret", proven_at=now())
        factories.registration(session, person)
    texts = {
        code: (f"Objet {code}", "{greeting} {next_meeting}\n\n{join_link} {my_page}") for code in ("fr", "it")
    }
    campaign = a_campaign(texts, filter={"session": session.public_id}, author_id=account.id)
    page = submit(visit(client, check(campaign)), form="test")
    assert "2 tests are on their way to bea@team.example." in page.text
    db.session.rollback()
    rows = list(db.session.scalars(select(Delivery).order_by(Delivery.language)))
    assert [(row.kind, row.to_address, row.campaign_id, row.learner_id) for row in rows] == [
        ("campaign_test", "bea@team.example", None, None)
    ] * 2
    for row, greeting in zip(rows, ("Bonjour Bea,", "Ciao Bea,"), strict=True):
        ready = render(as_posted(row))
        mail = email.message_from_bytes(ready.envelope.content, policy=email.policy.default)
        assert "Objet" in mail["Subject"]
        assert mail["Subject"] != f"Objet {row.language}"
        assert greeting in text_of(mail)
        assert "16 mars 2026" in text_of(mail) or "16 marzo 2026" in text_of(mail)
        assert "/join/•••" in text_of(mail)
        assert "/my/•••" in text_of(mail)
        assert "Secret" not in text_of(mail)
    assert reloaded(campaign).state == "draft"


def test_a_test_keeps_the_answers_of_learners_to_itself_and_the_preview_shows_them(client, clock):
    account = sign_in(client, "coordinator")
    question = a_question("hopes")
    a_version(question)
    answers = {str(question.id): "Meet others"}
    row = factories.registration(factories.training_session(), answers=answers)
    handle = f"{row.learner_id}-{row.id}"
    campaign = a_campaign({"fr": ("Objet", "{training}: {answer:hopes}")}, author_id=account.id)
    page = visit(client, check(campaign) + f"?recipient={handle}")
    assert "Meet others" in page.text
    submit(page, form="test")
    db.session.rollback()
    ready = render(as_posted(db.session.scalars(select(Delivery)).one()))
    assert "Meet others" not in ready.envelope.content.decode("utf-8", "replace")
    assert "Meet others" not in (ready.text or "")


def test_links_are_asked_when_that_is_wanted(coordinator, monkeypatch):
    asked = []

    def answers(urls):
        asked.extend(urls)
        return [Link("https://a.example/x", "fine", 200), Link("https://b.example/", "dead", 404)]

    monkeypatch.setattr(check_views, "check_links", answers)
    text = "[A](https://a.example/x) https://b.example/ {join_link}"
    campaign = a_campaign({"fr": ("Objet", text)}, filter={"session": people(1).public_id})
    page = visit(coordinator, check(campaign))
    assert asked == []
    page = submit(page, form="links-form")
    assert asked == ["https://a.example/x", "https://b.example/"]
    assert "The page is there." in page.text
    assert "Nothing is there. Check the address." in page.text


def test_what_is_on_its_way_has_nothing_to_check(coordinator):
    campaign = a_campaign(filter={"session": people(1).public_id}, state="sending")
    answer = coordinator.get(check(campaign))
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(campaign.public_id)
    assert coordinator.get("/staff/campaigns/00000000-0000-0000-0000-000000000001/check").status_code == 404
