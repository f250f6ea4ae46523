"""Whatever is sent to the form: a page in words, never a crash, and nothing odd stored."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from sets.database import db
from sets.registration.models import Learner
from tests import factories
from tests.pages import visit
from tests.registration.public import AI, SOCIAL, errors, learners, register

pytestmark = pytest.mark.usefixtures("clock", "catalogue")

PERSON = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org", AI: "any"}
FIELDS = (
    SOCIAL, AI, "languages", "first_name", "last_name", "email", "organisation", "organisation_kind", "role", "country",
    "mail_language", "time_zone", "needs", "needs_consent", "source", "news", "q-expectations", "q-ai_use", "q-tools",
    "form_nonce", "opened", "form_versions", "comment",
)  # fmt: skip
ODD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "any", "\x00", "\ud800", "\u202eabc", "a@b.org\r\nBcc: x@y.org", "1" * 5000, "٣", "💥", "null",
                     "-1", "1.2.3", "<script>", "=HYPERLINK(1)", "fr", "FR", "Europe/Paris", "true"]),
)  # fmt: skip


def post(client, data, language="fr"):
    return client.post(f"/{language}/register", data=data)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(FIELDS), st.lists(ODD, max_size=3), max_size=12), st.booleans())
def test_any_values_give_a_receipt_or_a_form_with_errors(client, odd, whole):
    values = {name: [one.encode("utf-8", "surrogatepass") for one in many] for name, many in odd.items()}
    response = post(client, (PERSON if whole else {}) | values)
    assert response.status_code in (303, 422)
    if response.status_code == 422:
        assert b'class="summary"' in response.data


@pytest.mark.parametrize(
    "value",
    [b"\x00", b"\xed\xa0\x80", b"\xff\xfe", b"x" * 300_000, "é".encode() * 40_000],
    ids=["NUL", "surrogate", "not UTF-8", "300 kB", "80 kB of accents"],
)
def test_one_odd_field_never_crashes_the_form(client, value):
    answers = {name: post(client, PERSON | {name: value}).status_code for name in FIELDS}
    assert set(answers.values()) <= {303, 422}, answers


def test_names_are_stored_without_what_mail_and_databases_refuse(client):
    odd = {"first_name": "A\x00n\u2028a ", "last_name": "So\u0301l\r\nX: y"}
    page = visit(client, post(client, PERSON | odd).location)
    [person] = learners()
    assert (person.first_name, person.last_name) == ("A n a", "Sól X: y")
    assert "A n a" in page.heading


@pytest.mark.parametrize(
    ("field", "length"),
    [("first_name", 120), ("last_name", 120), ("organisation", 200), ("role", 120), ("needs", 2000)],
)
def test_lengths_are_bounded_and_the_long_text_stays(client, field, length):
    page = register(client, {AI: "any", field: "x" * (length + 1), "needs_consent": True}, status=422)
    assert list(errors(page)) == [field]
    assert len(page.value(field)) == length + 1
    register(client, {AI: "any", field: "x" * length, "needs_consent": True})
    assert len(learners()) == 1


def test_choices_that_were_not_offered_are_refused_in_words(client):
    forged = {
        "country": "ZZ",
        "organisation_kind": "guild",
        "source": "tv",
        "mail_language": "de",
        AI: "0" * 36,
    }
    page = register(client, {}, forged=forged, status=422)
    assert set(errors(page)) == {f"{AI}-0", "country", "organisation_kind", "source", "mail_language"}


def test_a_session_of_another_training_is_not_taken(client):
    session = factories.training_session(factories.training("social-economy"))
    page = register(client, {}, forged={AI: session.public_id}, status=422)
    assert list(errors(page)) == [f"{AI}-0"]


def test_languages_that_the_site_does_not_speak_are_left_out(client):
    register(client, {AI: "any"}, forged={"languages": ["xx", "es", "\x00"]})
    from tests.registration.public import registrations

    assert registrations()[0].wants == ["es"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nno end", "multipart/form-data; boundary=x"),
        (b"abc", "multipart/form-data"),
        (b"{}", "application/json"),
        (b"", "text/plain"),
        (b"a" * 1000, "application/x-www-form-urlencoded; charset=utf-16"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_shows_the_form_again(client, body, kind):
    response = client.post("/fr/register", data=body, content_type=kind)
    assert response.status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Learner)) == 0


def test_a_body_beyond_all_measure_is_refused_in_words(client):
    response = post(client, PERSON | {"needs": "x" * 1_000_000})
    assert response.status_code == 413
    assert b"<h1>" in response.data


def test_a_file_in_the_place_of_a_text_is_no_text(client):
    import io

    response = client.post("/fr/register", data=PERSON | {"first_name": (io.BytesIO(b"x"), "x.txt")})
    assert response.status_code == 422


def test_markup_is_text(client):
    page = register(
        client, {AI: "any", "first_name": "<a href=x>", "last_name": "", "organisation": '"><b>'}, status=422
    )
    assert page.value("first_name") == "<a href=x>"
    assert page.value("organisation") == '"><b>'
    receipt = register(client, {AI: "any", "first_name": "<img src=x>"})
    assert "<img src=x>" in receipt.heading
    visit(client, receipt.path)
