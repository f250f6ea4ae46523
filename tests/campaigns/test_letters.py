"""A mail of a campaign as it arrives: in one's language, with one's own links, and nothing smuggled in by a name."""

from __future__ import annotations

import pytest

from sets.campaigns import sending
from sets.campaigns.fields import needs_registration, unknown_fields
from sets.campaigns.filling import as_mail_html, as_mail_text
from sets.clock import now
from sets.database import db
from sets.mailing.models import Delivery
from sets.mailing.rendering import render
from tests import factories
from tests.registration.letters_read import as_posted, html_of, text_of
from tests.staff.signing import make_account

from .campaigns import a_campaign

pytestmark = pytest.mark.usefixtures("app", "clock")


def sent(campaign):
    import email
    import email.policy

    sending.start_campaign(campaign.public_id, revision=campaign.revision, account_id=make_account().id)
    while sending.run_due():
        pass
    db.session.rollback()
    found = {}
    for row in db.session.query(Delivery).filter_by(kind="campaign").order_by(Delivery.id):
        content = render(as_posted(row)).envelope.content
        found[row.language] = email.message_from_bytes(content, policy=email.policy.default)
    return found


def test_each_one_reads_their_language_with_their_date_and_link():
    session = factories.training_session(language="it")
    for language in ("fr", "en", "es", "it"):
        factories.registration(
            session, factories.learner(language=language, proven_at=now(), first_name="Zoé", time_zone="")
        )
    body = "{greeting}\n\n{next_meeting}\n\n[Entra]({join_link})"
    mails = sent(a_campaign({code: (f"Sujet {code}", body) for code in ("fr", "en", "es", "it")}))
    greetings = {"fr": "Bonjour Zoé,", "en": "Hello Zoé,", "es": "Hola, Zoé:", "it": "Ciao Zoé,"}
    for language, mail in mails.items():
        assert mail["Subject"] == f"Sujet {language}"
        text = text_of(mail)
        assert text.startswith(greetings[language][:6])
        assert "http://localhost/join/" in text
        assert f"http://localhost/{language}/my/" in text
        assert 'href="http://localhost/join/' in html_of(mail)


def test_a_name_is_text_whatever_it_contains():
    values = {"first_name": '<a href="https://evil.example">x</a> [y](https://evil.example) {join_link}'}
    html = as_mail_html("Hi {first_name}", values)
    assert "<a" not in html
    assert "&lt;a href=" in html
    assert "{join_link}" in as_mail_text("Hi {first_name}", values)


def test_script_and_pictures_in_markdown_stay_out():
    html = as_mail_html("<script>x</script> ![t](https://pixel.example/x.gif) [a](javascript:alert(1))", {})
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_a_link_field_is_a_link_alone_and_as_a_target():
    values = {"join_link": "https://x.example/join/1?a=b&c=d"}
    assert as_mail_html("[Enter]({join_link})", values) == (
        '<p><a href="https://x.example/join/1?a=b&amp;c=d">Enter</a></p>\n'
    )
    assert '<a href="https://x.example/join/1?a=b&amp;c=d">https://x' in as_mail_html("{join_link}", values)
    assert as_mail_text("**Now**: [Enter]({join_link})", values) == f"Now: Enter <{values['join_link']}>"


def test_unknown_fields_are_found_and_those_of_a_registration_are_known():
    assert unknown_fields(["{first_name} {frist_name} {answer:level} {answer:nope}"], ["level"]) == [
        "frist_name",
        "answer:nope",
    ]
    assert needs_registration(["{join_link}"])
    assert not needs_registration(["{first_name} {my_page}"])


def test_an_unproven_address_is_not_greeted_by_the_name_that_somebody_typed():
    session = factories.training_session()
    factories.registration(session, factories.learner(language="en", first_name="Mallory", proven_at=None))
    mail = sent(a_campaign({"en": ("Hi", "{greeting}")}))["en"]
    assert "Mallory" not in text_of(mail)
    assert text_of(mail).startswith("Hello,")
