"""The form's parts by themselves: addresses, countries, cleaning, the signed time."""

import pytest
from flask import Flask

from sets import languages
from sets.forms import address_fault, clean_line, clean_text
from sets.languages import LANGUAGES, speaking
from sets.registration import codes
from sets.registration.countries import country_choices, country_codes, country_words, zone_of
from sets.registration.opening import known_nonce, new_nonce, opened_now, seal_content, seconds_open
from sets.registration.typos import likely_address
from tests.registration.signups import an_application


@pytest.fixture(scope="module")
def site():
    """A site that speaks its languages and has no database."""
    site = Flask(__name__)
    site.config.update(SECRET_KEY="k" * 40)
    languages.init_app(site)
    return site


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a@gmial.com", "a@gmail.com"),
        ("a@gmail.con", "a@gmail.com"),
        ("a@hotnail.fr", "a@hotmail.fr"),
        ("a@Orage.fr", "a@orange.fr"),
        ("a@coop.rog", "a@coop.org"),
        ("a@gmail.com", None),
        ("a@live.be", None),
        ("a@mail.com", None),
        ("a@socialgoodaccelerator.eu", None),
        ("no address", None),
        ("@gmial.com", None),
    ],
)
def test_likely_slips_are_suggested_and_real_domains_left_alone(typed, meant):
    assert likely_address(typed) == meant


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org",
        "a.b+c@d-e.museum",
        "Zoé@coopérative.fr",
        "a@xn--cooprative-d7a.fr",
        "o'neil@example.test",
        "1@2.eu",
    ],
)
def test_addresses_that_mail_can_reach_pass(site, address):
    with site.test_request_context("/fr/"):
        assert address_fault(address) is None


@pytest.mark.parametrize(
    "address",
    ["a", "@b.org", "a@", "a@b", "a@b.", "a@@b.org", "a b@c.org", "a@b..org", "a@b.org, c@d.org", "a@b.org\x00",
     "a@-b.org", f"{'a' * 65}@b.org", f"a@{'b' * 250}.org", "a@[127.0.0.1]", "\ud800@b.org"],
)  # fmt: skip
def test_what_cannot_be_an_address_is_told_in_a_sentence(site, address):
    with site.test_request_context("/fr/"):
        sentence = address_fault(address)
    assert sentence
    assert sentence.endswith(".")


def test_texts_are_cleaned_before_they_reach_a_header_or_a_database():
    assert clean_line(" a\x00\tb\u2029c\ud800\u202e ") == "a b c"
    assert clean_line("e\u0301") == "é"
    assert clean_text("a\r\nb\rc\n\n\n\nd\x07 ") == "a\nb\nc\n\nd"
    assert clean_line(None) == clean_text(None) == ""


def test_the_programmes_countries_come_first_and_all_are_named_in_every_language(site):
    for language in LANGUAGES:
        with site.test_request_context(f"/{language}/"), speaking(language):
            choices = country_choices(["FR", "BE", "XX"])
            assert {code for code, _name in choices[:2]} == {"FR", "BE"}
            assert {code for code, _name in choices} == country_codes()
            assert all(name and name != code for code, name in choices)
    assert not {"EU", "UN", "ZZ"} & country_codes()


def test_countries_are_sorted_as_readers_expect(site):
    with site.test_request_context("/fr/"), speaking("fr"):
        names = [name for _code, name in country_choices()]
        assert names.index("Égypte") < names.index("Espagne") < names.index("Zambie")
        assert country_words("IT") == "Italie"


@pytest.mark.parametrize(
    ("country", "zone"),
    [("FR", "Europe/Paris"), ("ES", "Europe/Madrid"), ("PT", "Europe/Lisbon"), ("GR", "Europe/Athens"), ("US", "UTC"),
     ("", "UTC"), ("ZZ", "UTC")],
)  # fmt: skip
def test_a_country_of_one_zone_tells_the_zone(country, zone):
    assert zone_of(country, "UTC") == zone


@pytest.mark.parametrize("table", [codes.ORGANISATION_KINDS, codes.SOURCES], ids=["kinds", "sources"])
def test_codes_fit_their_columns(table):
    assert all(code.isidentifier() and len(code) <= 40 for code in table)


def test_the_signed_time_tells_for_how_long_the_form_was_open(site, clock):
    nonce = new_nonce()
    with site.app_context():
        opened = opened_now(nonce)
        clock.shift(90)
        assert seconds_open(nonce, opened) == 90
        assert seconds_open(new_nonce(), opened) is None
        for forged in ("", "0", f"1{opened}", opened[:-1], "٣.x", "\ud800"):
            assert seconds_open(nonce, forged) is None


def test_a_nonce_that_is_none_is_replaced():
    nonce = new_nonce()
    assert known_nonce(nonce) == nonce
    for forged in ("", "short", "x" * 65, "a\x00" * 16, "é" * 20):
        assert known_nonce(forged) != forged


def test_the_same_content_is_the_same_submission_and_another_one_is_not():
    first = an_application("zoe", (1, 2), form_nonce="n" * 32)
    assert seal_content(first).form_nonce == seal_content(first).form_nonce
    assert seal_content(first).form_nonce != first.form_nonce
    for other in (
        an_application("ana", (1, 2), form_nonce="n" * 32),
        an_application("zoe", (1, 3), form_nonce="n" * 32),
        an_application("zoe", (1, 2), form_nonce="m" * 32),
    ):
        assert seal_content(other).form_nonce != seal_content(first).form_nonce
