"""The record of processing says what the columns say; versions of the words that people agreed to stay."""

from __future__ import annotations

import pytest

from sets.database import transaction
from sets.languages import speaking
from sets.privacy import personal_columns
from sets.protection.notices import list_versions
from sets.protection.processing import CATEGORIES, purposes
from sets.registration import consents, signing_up
from tests import factories
from tests.pages import visit
from tests.registration.signups import a_session, an_application
from tests.staff.signing import sign_in

pytestmark = pytest.mark.usefixtures("catalogue")


def test_the_record_names_every_purpose_period_and_category(client):
    sign_in(client, "organiser")
    page = visit(client, "/staff/privacy/record")
    with speaking("en"):
        for column in personal_columns():
            assert str(column.info["purpose"]) in page.text
            assert str(CATEGORIES[column.table.name]) in page.text
        assert len(purposes()) > 8
    for word in ("Diesis", "24 months after the last thing", "Article 30", "second factor"):
        assert word in page.text, word


def test_the_record_is_a_tagged_pdf_in_the_readers_language(client):
    sign_in(client, "organiser", language="es")
    answer = client.get("/staff/privacy/record.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"/StructTreeRoot" in answer.data or b"/Marked true" in answer.data


def test_new_words_are_a_new_version_and_the_old_one_stays_with_its_consents(client, app, monkeypatch):
    session = a_session(training := factories.training("social-economy").id)
    signing_up.register(an_application("amina", (training, session), news=True))
    monkeypatch.setattr(consents, "consent_words", lambda _kind: "Other words for news.")
    app.extensions.pop("text_versions", None)
    signing_up.register(an_application("bruno", (training, session), news=True))
    newer, older = list_versions("news")
    assert (newer.number, newer.standing, newer.is_latest) == (2, 1, True)
    assert (older.number, older.standing, older.is_latest) == (1, 1, False)
    with transaction() as stored:
        consents.withdraw(1, "news", newer.from_at)
        stored.flush()
    assert list_versions("news")[1].withdrawn == 1
    sign_in(client, "organiser")
    page = visit(client, "/staff/privacy/notices")
    assert "Other words for news." in page.text
    assert "1 taken back" in page.text
