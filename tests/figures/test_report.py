"""The funder's report: what took place and whom it reached, in one page, in a language, with small groups protected."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from sets.clock import now
from sets.database import db
from sets.figures.report import read_report
from sets.figures.scope import Scope
from sets.languages import speaking
from sets.registration import erasure
from sets.registration.applying import LEARNER
from sets.registration.models import Learner, Status
from tests import factories
from tests.figures.test_figures import come
from tests.pages import visit
from tests.staff.signing import sign_in

YEAR = Scope(begin="2026-01", end="2026-12", zone="Europe/Paris")


@pytest.fixture(autouse=True)
def in_english(app, clock):
    with speaking("en"):
        yield


def held(people: int, *, came: int = 0, days: int = 10, **values):
    """Store a session that took place, with so many people of France in it."""
    session = factories.training_session(starts=now() - timedelta(days=days), **values)
    for number in range(people):
        row = factories.registration(session, factories.learner(country="FR", organisation_kind="mutual"))
        if number < came:
            come(row)
    return session


def facts(report):
    return dict(report.facts)


def table(report, heading):
    found = next(one for one in report.tables if one.heading == heading)
    return found.rows, found.note


def test_it_counts_what_took_place_in_the_period(app):
    session = held(7, came=7, meetings=1)
    factories.registration(session, status=Status.CANCELLED, confirmed_at=now())
    held(6, days=100)  # last year
    factories.registration()  # to come
    report = read_report(YEAR)
    assert facts(report) == {
        "Sessions held": "1", "Hours of live training": "1.5", "Participations": "7", "Different people": "7",
        "Attendance": "100 %",
    }  # fmt: skip
    assert report.period == "January 2026 to December 2026"
    rows, note = table(report, "By training")
    assert [row[1:] for row in rows] == [["1", "1.5", "7", "100 %"]]
    assert note == ""
    assert table(report, "By country")[0] == [["France", "7"]]


def test_small_groups_are_put_together(app):
    small, other, large = held(2), held(6, language="it"), held(9, language="es")
    report = read_report(YEAR)
    rows, note = table(report, "By training")
    assert sorted(row[3] for row in rows) == ["*", "*", "9"]
    assert note == "* together: 8."
    assert {small.training_id, other.training_id, large.training_id}
    assert sum(int(row[1]) for row in rows) == 3


def test_too_few_people_are_not_counted_at_all(app):
    held(3, came=2)
    report = read_report(YEAR)
    assert facts(report)["Participations"] == facts(report)["Different people"] == "fewer than 5"
    assert facts(report)["Attendance"] == "fewer than 5 people"
    assert [row[3] for row in table(report, "By training")[0]] == ["–"]
    assert table(report, "By country") == ([], "Too few participations to tell them apart.")


@pytest.mark.parametrize(
    ("people", "came", "shown"),
    [
        (20, 12, "60 %"),
        (20, 18, "all but fewer than 5"),
        (20, 3, "fewer than 5 people"),
        (20, 0, "not noted"),
    ],
)
def test_attendance_never_tells_a_small_group(app, people, came, shown):
    held(people, came=came)
    report = read_report(YEAR)
    assert facts(report)["Attendance"] == shown
    assert len(table(report, "By training")[0][0]) == (5 if shown.endswith("%") else 4)


def test_one_person_in_two_sessions_is_two_participations(app):
    first, second = held(5, days=30), held(5, days=5)
    factories.registration(first, person := factories.learner())
    factories.registration(second, person)
    assert facts(read_report(YEAR))["Participations"] == "12"
    assert facts(read_report(YEAR))["Different people"] == "11"


def test_the_report_stays_the_same_when_people_are_erased(app):
    sessions = held(6, came=6, days=30), held(8, came=2, days=5)
    person = factories.learner(country="IT")
    for session in sessions:
        factories.registration(session, person)
    year, march = YEAR, Scope(begin="2026-02", end="2026-02", zone="Europe/Paris")
    before = read_report(year), read_report(march)
    people = db.session.scalars(select(Learner.public_id).order_by(Learner.id.desc())).all()
    db.session.rollback()
    for public_id in people[:9]:
        erasure.erase_learner(public_id, actor=LEARNER)
    assert (read_report(year), read_report(march)) == before


def test_nothing_took_place(client):
    sign_in(client, "coordinator")
    page = visit(client, "/staff/figures/report")
    assert "No session took place in this period." in page.text
    assert client.get("/staff/figures/report.pdf").data.startswith(b"%PDF")


def test_the_pdf_is_one_tagged_page_in_the_chosen_language(client):
    for number in range(14):
        held(5 + number % 2, came=5, language="it" if number % 3 else "fr", days=3 + number)
    training = factories.training()
    for country in ("FR", "IT", "ES", "PT", "BE", "GR", "MT", "DE", "AT", "PL", "RO", "BG", "HR", "SI"):
        session = factories.training_session(training, starts=now() - timedelta(days=4))
        for _ in range(6):
            factories.registration(session, factories.learner(country=country))
    sign_in(client, "coordinator")
    answer = client.get("/staff/figures/report.pdf?from=2026-01&language=it")
    assert answer.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.data))
    assert len(reader.pages) == 1
    assert reader.trailer["/Root"]["/Lang"] == "it"
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "Francia" in reader.pages[0].extract_text()
    page = visit(client, "/staff/figures/report?from=2026-01&language=it")
    assert page.one("article").get("lang") == "it"
    assert "Others" in page.text or "Altri" in page.text


def test_the_table_by_language_is_silent_where_it_would_tell_a_trainings_few_people(app):
    # A training of 8 people in French and 2 in Italian, another of 10 in French: the sum of French would tell the 2.
    two, ten = factories.training(), factories.training()
    for of, language, people in (
        (two, "fr", 8),
        (two, "it", 2),
        (ten, "fr", 10),
        (factories.training(), "it", 9),
    ):
        session = factories.training_session(of, starts=now() - timedelta(days=9), language=language)
        for _ in range(people):
            factories.registration(session)
    report = read_report(YEAR)
    assert sorted(row[3] for row in table(report, "By training")[0]) == ["10", "10", "9"]
    rows, note = table(report, "By language of the session")
    assert [row[3] for row in rows] == ["–", "–"]
    assert note == "Too few participations to tell them apart."
