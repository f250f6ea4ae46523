"""What is missing or odd about a campaign is found before it leaves, and what is right is left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sets.campaigns import checking
from sets.clock import now
from sets.database import db
from sets.languages import speaking
from tests import factories

from .campaigns import a_campaign

pytestmark = pytest.mark.usefixtures("app", "clock")

# A Tuesday, 18:00 in Paris.
TUESDAY = datetime(2026, 3, 17, 17, 0, tzinfo=UTC)


def a_session(*languages, **values):
    session = factories.training_session(starts=TUESDAY, **values)
    for language in languages or ("fr",):
        factories.registration(session, factories.learner(language=language, proven_at=now()))
    return session


def found(texts, *languages, **values):
    """Return the sentences about texts that go to one person in each language."""
    session = a_session(*(languages or texts))
    return sentences(a_campaign(texts, filter={"session": session.public_id}, **values))


def sentences(campaign):
    with speaking("en"):
        review = checking.review(campaign)
    db.session.rollback()
    return [one.sentence for one in review.findings]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Rendez-vous mardi 17 mars 2026 à 18 h, heure de Paris. {join_link}"),
        ("fr", "La salle ouvre mardi 17 mars à 17 h 30, fin à 19 h 30 (heure de Paris)."),
        ("en", "See you on Tuesday 17 March 2026, 18:00, Paris time: https://example.org/x"),
        ("es", "El martes, 17 de marzo de 2026, a las 18:00, hora de París."),
        ("it", "Martedì 17 marzo 2026, ore 18:00, ora di Parigi."),
        ("it", "{greeting}\n\n{next_meeting}\n\n[Entra]({join_link}) {my_page} {training} {session}"),
    ],
)
def test_a_text_in_which_all_fits_is_left_alone(language, text):
    assert found({language: ("Objet", text)}) == []


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("fr", "Le lundi 17 mars 2026.", "“lundi 17 mars 2026”: that day is “mardi”."),
        ("en", "On Monday 17 March.", "“Monday 17 March”: that day is “Tuesday”."),
        ("es", "El lunes 17 de marzo de 2026.", "“lunes 17 de marzo de 2026”: that day is “martes”."),
        ("it", "Lunedì 17 marzo.", "“Lunedì 17 marzo”: that day is “martedì”."),
        ("fr", "Le 18 mars 2026.", "“18 mars 2026” is the day of none of their meetings."),
        ("fr", "Le 31/02/2026.", "“31/02/2026”: there is no such day."),
        ("fr", "À 18 h !", "“18 h”: write whose hour it is, for example Paris time."),
        ("fr", "À 20 h, heure de Paris.", "“20 h” is the hour of none of their meetings."),
        ("fr", "[Ici](http://example.org/a)", "“http://example.org/a” does not begin with https://."),
        ("fr", "[Ici](example.org)", "“example.org” does not begin with https://."),
        ("fr", "www.example.org", "“www.example.org” does not begin with https://."),
        ("fr", "Voici : [[votre lien]]", "“[[votre lien]]” still waits to be written."),
        ("fr", "{frist_name}", "There is no field “{frist_name}”."),
    ],
)
def test_what_is_odd_is_said_and_nothing_else(language, text, said):
    assert found({language: ("Objet", text)}) == [said]


def test_the_address_of_the_room_and_somebodys_own_link_are_pointed_out():
    text = "https://rooms.example.org/one http://localhost/fr/my/abc.1.def http://localhost/fr/"
    room, own = found({"fr": ("Objet", text)})
    assert "is the address of the room itself" in room
    assert "“http://localhost/fr/my/abc.1.def” is one person’s own link" in own


def test_a_language_without_a_text_blocks_and_a_fallback_is_told():
    (said,) = found({"fr": ("Objet", "Bonjour.")}, "fr", "it")
    assert said == "One person reads Italian, and there is no subject or no text in it."
    (said,) = found({"fr": ("Objet", "Bonjour.")}, "fr", "it", fallback="fr")
    assert said == "One person reads Italian and gets the text in French, as you allowed."
    assert found({"fr": ("", "Bonjour.")}) == [
        "One person reads French, and there is no subject or no text in it."
    ]


def test_people_for_whom_a_field_is_empty_are_listed_by_name():
    session = a_session()
    for name in ("Ann", "Bob"):
        factories.registration(
            session, factories.learner(first_name=name, last_name="Roe", language="en", proven_at=None)
        )
    texts = {"fr": ("Objet", "{first_name}"), "en": ("Hi", "{first_name} {greeting}")}
    campaign = a_campaign(texts, filter={"session": session.public_id})
    with speaking("en"):
        (finding,) = checking.review(campaign).findings
    assert finding.names == ("Ann Roe", "Bob Roe")
    assert finding.language == "en"
    assert not finding.is_blocking
    assert finding.sentence.startswith("First name – {first_name} – has nothing to say to 2 people.")


def test_a_link_into_a_room_is_empty_for_those_without_a_place():
    session = a_session()
    factories.registration(session, factories.learner(last_name="Waits"), status="waiting")
    campaign = a_campaign(
        {"fr": ("Objet", "{join_link}")}, filter={"session": session.public_id, "status": "waiting"}
    )
    (said,) = sentences(campaign)
    assert "{join_link}" in said
    assert "to one person" in said


def test_what_stands_in_one_language_and_not_in_another_is_said():
    day = "mardi 17 mars 2026, 18 h, heure de Paris"
    texts = {
        "fr": ("Objet", f"{day}. https://example.org/fr/a {{join_link}}"),
        "it": ("Oggetto", "Martedì 17 marzo 2026. https://example.org/it/a"),
    }
    assert found(texts) == [
        "“18 h” stands in French, and nothing like it in Italian.",
        "“{join_link}” stands in French, and nothing like it in Italian.",
    ]


def test_days_and_hours_are_compared_whatever_the_language_writes():
    texts = {
        "fr": ("Objet", "mardi 17 mars 2026, 18 h, heure de Paris"),
        "en": ("Subject", "Tuesday, March 17, 6 pm Paris time"),
        "es": ("Asunto", "martes 17/03/2026 a las 18:00, hora de París"),
        "it": ("Oggetto", "martedì 17 marzo, ore 18.00, ora di Parigi"),
    }
    assert found(texts) == []


def test_a_field_that_says_the_next_meeting_stands_for_its_day_and_hour():
    texts = {
        "fr": ("Objet", "mardi 17 mars 2026, 18 h, heure de Paris, et le vendredi 20 mars 2026"),
        "it": ("Oggetto", "{next_meeting}"),
    }
    assert found(texts) == [
        "“vendredi 20 mars 2026” is the day of none of their meetings.",
        "“vendredi 20 mars 2026” stands in French, and nothing like it in Italian.",
    ]


def test_days_are_compared_with_the_meetings_of_all_the_recipients_sessions():
    training = factories.training()
    one = factories.training_session(training, starts=TUESDAY)
    two = factories.training_session(training, starts=datetime(2026, 3, 19, 17, 0, tzinfo=UTC))
    for session in (one, two):
        factories.registration(session)
    campaign = a_campaign(
        {"fr": ("Objet", "mardi 17 mars ou jeudi 19 mars")}, filter={"training": training.slug}
    )
    assert sentences(campaign) == []


def test_what_blocks_comes_first():
    campaign = a_campaign({"fr": ("Objet", "lundi 17 mars {nom}")}, filter={"session": a_session().public_id})
    review = checking.review(campaign)
    assert [one.is_blocking for one in review.findings] == [True, False]
    assert len(review.blocking) == len(review.remarks) == 1
    db.session.rollback()


@pytest.mark.settings(SETS_CAMPAIGN_RATE="10")
def test_until_when_it_leaves_follows_the_rate():
    with speaking("en"):
        assert checking.until_words(10, "Europe/Paris") == "The last one leaves within a minute."
        assert "10:30, Paris time" in checking.until_words(300, "Europe/Paris")
