"""Getting no news any more: by the page's button, by the mail program's own, and back again. On both databases."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from sets.campaigns import audience, sending
from sets.campaigns.letters import NEWS
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.mailing.rendering import render
from sets.registration import consents
from sets.registration.models import Consent, Learner
from sets.tokens import make_token
from tests import factories
from tests.pages import submit, visit
from tests.registration.letters_read import as_posted, html_of, text_of
from tests.staff.signing import make_account

from .campaigns import a_campaign

pytestmark = pytest.mark.usefixtures("app", "clock")


def a_subscriber(**values):
    person = factories.learner(**values)
    with transaction():
        consents.give(person.id, NEWS, "fr", now())
    return person


def link_of(person, version=1, language="fr"):
    return f"/{language}/news/{make_token(NEWS, person.public_id, version)}"


def consents_of(person):
    db.session.rollback()
    return list(db.session.query(Consent).filter_by(learner_id=person.id, kind=NEWS).order_by(Consent.id))


def post_news(**values):
    campaign = a_campaign({"fr": ("Nouvelles dates", "Bonjour.")}, audience="news", **values)
    sending.start_campaign(campaign.public_id, revision=1, account_id=make_account().id)
    while sending.run_due():
        pass
    db.session.rollback()
    return campaign


def the_mail():
    row = db.session.query(Delivery).filter_by(kind="campaign").one()
    return email.message_from_bytes(render(as_posted(row)).envelope.content, policy=email.policy.default)


def test_a_mail_of_news_can_be_ended_by_its_foot_and_by_its_headers(client):
    person = a_subscriber()
    post_news()
    mail = the_mail()
    assert mail["List-Unsubscribe"] == f"<http://localhost{link_of(person)}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"http://localhost{link_of(person)}" in text_of(mail)
    assert f'href="http://localhost{link_of(person)}"' in html_of(mail)
    visit(client, urlsplit(mail["List-Unsubscribe"].strip("<>")).path)


def test_over_the_wire_the_link_is_the_readers_alone_and_its_header_works(client, clock, mail, drain):
    person = a_subscriber()
    person_id, link = person.id, link_of(person)
    post_news()
    clock.shift(timedelta(minutes=1))
    assert drain() == 1
    (received,) = mail.inbox
    assert received.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = received.message["List-Unsubscribe"].strip("<>")
    assert urlsplit(url).path == link
    assert link in received.text
    row = db.session.query(Delivery).filter_by(kind="campaign").one()
    assert "/fr/news/•••" in row.text
    assert link not in row.text
    db.session.rollback()
    assert client.post(urlsplit(url).path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not consents.is_given(person_id, NEWS)


def test_looking_at_the_page_ends_nothing_and_its_button_does_at_once(client):
    person = a_subscriber()
    page = visit(client, link_of(person, language="en"))
    assert page.heading == "Do you want no news any more?"
    assert consents_of(person)[0].withdrawn_at is None
    page = submit(page, button="Get no news any more")
    assert "you get no news any more" in page.source
    assert consents_of(person)[0].withdrawn_at == now()
    campaign = a_campaign({"fr": ("Nouvelles dates", "Bonjour.")}, audience="news")
    assert audience.count_by_language(campaign, by_registration=False) == {}


def test_a_mail_program_ends_the_news_without_a_page_and_twice_is_as_once(client):
    person = a_subscriber()
    for _ in range(2):
        answer = client.post(link_of(person), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert answer.get_data() == b""
        assert not answer.headers.getlist("Set-Cookie")
    assert len(consents_of(person)) == 1
    assert consents_of(person)[0].withdrawn_at == now()


def test_the_way_back_is_a_new_consent_in_the_words_shown(client):
    person = a_subscriber()
    page = submit(visit(client, link_of(person, language="en")), button="Get no news any more")
    assert "Write to me when a new training opens." in page.source
    page = submit(page, button="Get the news again")
    assert "You get our news again." in page.source
    first, second = consents_of(person)
    assert first.withdrawn_at is not None
    assert second.withdrawn_at is None


def test_a_replaced_link_still_ends_the_news_and_brings_them_back_to_nobody(client):
    person = a_subscriber()
    with transaction() as session:
        session.get(Learner, person.id).link_version = 2
    client.post(link_of(person), data={"List-Unsubscribe": "One-Click"})
    assert consents_of(person)[0].withdrawn_at is not None
    assert "Get the news again" not in visit(client, link_of(person, language="en")).source
    assert client.post(f"{link_of(person)}/subscription").status_code == 410
    assert len(consents_of(person)) == 1


def test_the_link_to_the_personal_page_ends_no_news(client):
    person = a_subscriber()
    other = make_token("my", person.public_id, 1)
    assert client.post(f"/fr/news/{other}", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert consents_of(person)[0].withdrawn_at is None


def test_news_that_wait_are_not_sent_to_somebody_who_ended_them(client):
    person = a_subscriber()
    post_news()
    client.post(link_of(person), data={"List-Unsubscribe": "One-Click"})
    from sets.mailing.kinds import NotWanted

    row = db.session.query(Delivery).filter_by(kind="campaign").one()
    with pytest.raises(NotWanted, match="unsubscribed"):
        render(as_posted(row))


def test_another_site_cannot_end_the_news(client):
    person = a_subscriber()
    answer = client.post(link_of(person), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert consents_of(person)[0].withdrawn_at is None


def test_news_reach_each_person_once_whatever_their_text_names():
    people = [a_subscriber(), a_subscriber()]
    session = factories.training_session()
    for person in people:
        factories.registration(session, person)
        factories.registration(None, person, of=factories.training())
    campaign = a_campaign({"fr": ("Nouvelles", "Bonjour. {training}")}, audience="news")
    sending.start_campaign(campaign.public_id, revision=1, account_id=make_account().id)
    while sending.run_due():
        pass
    db.session.rollback()
    rows = db.session.query(Delivery).filter_by(kind="campaign")
    assert sorted(row.learner_id for row in rows) == [person.id for person in people]
