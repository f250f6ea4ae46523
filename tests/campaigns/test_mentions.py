"""Days, hours and links are found as people write them, in each language."""

from __future__ import annotations

from datetime import date

import pytest

from sets.campaigns.mentions import days_in, hours_in, links_in

TUESDAY = 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Rendez-vous mardi 3 mars 2026."),
        ("fr", "Le mar. 3 mars 2026"),
        ("fr", "**Mardi 3\u00a0mars 2026**, 18 h"),
        ("fr", "mardi 03/03/2026"),
        ("en", "See you on Tuesday 3 March 2026!"),
        ("en", "Tuesday, 3rd of March 2026"),
        ("en", "Tue, March 3, 2026"),
        ("es", "Nos vemos el martes, 3 de marzo de 2026."),
        ("es", "martes 3 de marzo del 2026"),
        ("it", "Ci vediamo martedì 3 marzo 2026."),
        ("it", "martedi 3.3.2026"),
        ("it", "martedì 2026-03-03"),
    ],
)
def test_a_day_is_found_with_its_weekday(language, text):
    (found,) = days_in(text, language)
    assert (found.day, found.month, found.year, found.weekday) == (3, 3, 2026, TUESDAY)


def test_days_that_share_a_month_are_each_found():
    found = days_in("mardi 3, mercredi 4 et jeudi 5 mars 2026", "fr")
    assert [(one.day, one.month, one.weekday) for one in found] == [(3, 3, 1), (4, 3, 2), (5, 3, 3)]
    found = days_in("from 3 to 5 March", "en")
    assert [(one.day, one.month) for one in found] == [(3, 3), (5, 3)]
    assert [one.day for one in days_in("i giorni 3 e 10 marzo", "it")] == [3, 10]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "All 3 may come, and march on."),
        ("fr", "Les 20 places, version 2.0.1, page 3"),
        ("en", "https://x.example/2026-03-03/programme"),
        ("fr", "{next_meeting}"),
        ("es", "Los 3 de siempre"),
    ],
)
def test_what_is_no_day_is_not_taken_for_one(language, text):
    assert days_in(text, language) == []


def test_a_day_without_its_year_is_a_known_one_or_the_next():
    (found,) = days_in("mardi 3 mars", "fr")
    today = date(2026, 10, 1)
    assert found.resolved([date(2026, 3, 3)], today) == date(2026, 3, 3)
    assert found.resolved([], today) == date(2027, 3, 3)
    assert found.resolved([], date(2026, 3, 10)) == date(2026, 3, 3)


def test_a_day_that_no_calendar_has_is_none():
    (found,) = days_in("31 juin 2026", "fr")
    assert found.resolved([], date(2026, 3, 1)) is None


@pytest.mark.parametrize(
    ("language", "text", "hour", "minute", "has_zone"),
    [
        ("fr", "à 18 h", 18, 0, False),
        ("fr", "à 18 h 30, heure de Paris", 18, 30, True),
        ("fr", "à 18h30 (heure d’Athènes)", 18, 30, True),
        ("en", "at 18:00, Paris time", 18, 0, True),
        ("en", "at 6 pm", 18, 0, False),
        ("en", "at 6.30 p.m. UTC", 18, 30, True),
        ("en", "at 9:15 am", 9, 15, False),
        ("es", "a las 18:30, hora de París", 18, 30, True),
        ("es", "a las 9", 9, 0, False),
        ("it", "alle ore 18.30", 18, 30, False),
        ("it", "ore 18:00, ora di Parigi", 18, 0, True),
    ],
)
def test_an_hour_is_found_and_whether_it_says_whose(language, text, hour, minute, has_zone):
    (found,) = hours_in(text, language)
    assert (found.hour, found.minute, found.has_zone) == (hour, minute, has_zone)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "La rencontre dure 1 h 30."),
        ("fr", "en moins de 10 h"),
        ("fr", "pendant 12 h"),
        ("en", "for 18 months"),
    ],
)
def test_a_length_of_time_is_no_hour_of_the_clock(language, text):
    assert hours_in(text, language) == []


def test_one_sentence_can_say_the_zone_of_all_hours():
    text = "- 18 h\n- 19 h\n\nToutes les heures sont des heures de Paris."
    assert {one.has_zone for one in hours_in(text, "fr")} == {True}


def test_links_are_found_bare_and_behind_words_and_fields_are_none():
    text = "[A](https://a.example/x) https://b.example/y. [J]({join_link}) [m](mailto:a@b.example) (www.c.example)"
    assert links_in(text) == ["https://a.example/x", "https://b.example/y", "www.c.example"]
