"""Figures: each number is that of the list it leads to, moves are no cancellations, and erased people stay counted."""

from __future__ import annotations

import io
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from sets.clock import now
from sets.database import db, transaction
from sets.figures.counting import count_about, count_answers, count_over_time, count_states
from sets.figures.origins import answers_to, choice_questions, origins
from sets.figures.overview import by_session, overview
from sets.figures.rates import percent, read_rates, summed
from sets.figures.scope import Scope, month_after, months_between
from sets.languages import speaking
from sets.questionnaires.models import FormVersion, Option, Question
from sets.registration import erasure, listing
from sets.registration.applying import LEARNER
from sets.registration.filtering import Filter
from sets.registration.models import AttendanceFact, Learner, Registration, Status
from tests import factories
from tests.pages import visit
from tests.staff.signing import sign_in

ALL = Scope(zone="Europe/Paris")


@pytest.fixture(autouse=True)
def in_english(request):
    # A language is spoken within the app.
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
    with speaking("en"):
        yield


def a_question(kind: str = "choices", options: int = 3) -> Question:
    with transaction() as store:
        question = Question(key=f"of-{kind}", type=kind)
        store.add(question)
        store.flush()
        question.options = [Option(key=f"o{number}") for number in range(options if kind != "yes_no" else 0)]
        store.flush()
        asked = {
            "id": question.id, "required": False, "label": {"en": f"Which {kind}?"}, "hint": {},
            "options": [{"id": one.id, "label": {"en": f"Option {one.key}"}} for one in question.options],
        }  # fmt: skip
        live = store.query(FormVersion).filter_by(state="live", training_id=None).first()
        if live is None:
            store.add(FormVersion(number=1, state="live", content={"questions": [asked]}, live_at=now()))
        else:
            live.content = {"questions": [*live.content["questions"], asked]}
    return question


def come(row: Registration, **values: str) -> None:
    with transaction() as store:
        for meeting in row.session.meetings:
            fact = {"kind": "ticked", "mark": "present"} | values
            store.add(AttendanceFact(registration_id=row.id, meeting_id=meeting.id, at=now(), **fact))


def a_past_session(**values):
    return factories.training_session(starts=now() - timedelta(days=5), **values)


def many_people():
    """Store registrations of every kind in two trainings, and return a question that they answered."""
    question = a_question()
    one, two, three = (option.id for option in question.options)
    past, coming = a_past_session(capacity=10), factories.training_session(capacity=4)
    for number in range(9):
        person = factories.learner(
            country=("FR", "IT", "")[number % 3], language=("fr", "it")[number % 2], source="partner",
            answers={str(question.id): [[one], [one, two], [three]][number % 3]},
        )  # fmt: skip
        row = factories.registration(past, person)
        if number < 6:
            come(row)
    factories.registration(past, status=Status.CANCELLED, confirmed_at=now())
    factories.registration(past, status=Status.CANCELLED)
    factories.registration(coming)
    factories.registration(coming, status=Status.WAITING)
    factories.registration(of=coming.training)
    moved = factories.registration(past, status=Status.CANCELLED, confirmed_at=now())
    there = factories.registration(coming, origin="move")
    with transaction() as store:
        store.get_one(Registration, moved.id).moved_to_id = there.id
    return question


def links(figures):
    """Yield (where, number, filter) for each number that leads to a list."""
    for figure in figures:
        for label, cells in figure.rows:
            for head, cell in zip(figure.heads[1:], cells, strict=True):
                if cell.query:
                    yield (
                        f"{figure.key}, {label}, {head}",
                        cell.value,
                        Filter.from_query(MultiDict(parse_qsl(cell.query))),
                    )


@pytest.mark.parametrize("scope", [ALL, Scope(begin="2026-02", end="2026-03", zone="Europe/Paris")])
def test_every_number_is_that_of_the_list_it_leads_to(app, clock, scope):
    question = many_people()
    asked = next(one for one in choice_questions() if one.id == question.id)
    found = list(links([*overview(scope), *origins(scope), answers_to(scope, asked)]))
    assert len(found) >= 40
    assert [where for where, number, wanted in found if listing.count_exactly(wanted) != number] == []
    assert sum(number > 0 for _where, number, _wanted in found) > 25


def test_a_move_counts_where_it_went_and_is_no_cancellation(app, clock):
    many_people()
    assert sum(states.total() for states in count_states(ALL).values()) == 15
    past = next(one for one in read_rates(ALL) if one["expected"])
    assert (past["had_place"], past["lost_place"]) == (10, 1)
    assert (past["expected"], past["missed"]) == (9, 3)
    assert past["taken"] == 9
    assert sum(span.number for span in count_over_time(ALL, "2026-02", "2026-03")) == 15


def test_attendance_goes_by_what_the_team_ticked_and_only_where_it_was_noted(app, clock):
    noted, unnoted = a_past_session(), a_past_session()
    factories.registration(unnoted)
    come(factories.registration(noted), kind="joined", mark="present")
    overruled = factories.registration(noted)
    come(overruled, kind="joined", mark="present")
    come(overruled, mark="absent")
    come(factories.registration(noted), mark="excused")
    come(factories.registration(noted), mark="partial")
    factories.registration(noted)
    total = summed(read_rates(ALL))
    assert (total["expected"], total["missed"]) == (5, 2)
    assert listing.count_exactly(Filter(outcome=("came",))) == 2


def test_sessions_that_the_team_cancelled_are_no_cancellations(app, clock):
    gone = factories.training_session(state="cancelled")
    factories.registration(gone, status=Status.CANCELLED, confirmed_at=now())
    assert summed(read_rates(ALL))["had_place"] == 0


def test_erased_people_stay_in_every_figure(app, clock):
    question = many_people()
    scopes = [ALL, Scope(begin="2026-03", end="2026-03", zone="Europe/Paris")]

    def told():
        return [
            (
                {name: one.living + one.gone for name, one in count_about(scope).items()},
                (answers := count_answers(scope, question.id)).living + answers.gone, answers.total,
                [(one["had_place"], one["expected"], one["missed"]) for one in read_rates(scope)][:1],
                sum(states.total() for states in count_states(scope).values()),
                [span.number for span in count_over_time(scope, "2026-02", "2026-03")],
            )
            for scope in scopes
        ]  # fmt: skip

    before = told()
    people = db.session.scalars(select(Learner.public_id).order_by(Learner.id)).all()
    db.session.rollback()
    for public_id in people[:6]:
        erasure.erase_learner(public_id, actor=LEARNER)
    assert told() == before
    # The number that can be looked up stands beside the whole.
    figure = next(one for one in origins(ALL) if one.key == "country")
    assert figure.heads[-2:] == ["In the list", "Of people erased since"]
    assert all(listing.count_exactly(wanted) == number for _where, number, wanted in links([figure]))


def test_people_who_went_before_counts_were_kept_are_told_apart(app, clock):
    row = factories.registration()
    with transaction() as store:
        store.get_one(Registration, row.id).learner_id = None
    factories.registration()
    figure = next(one for one in origins(ALL) if one.key == "country")
    assert [(label, cells[0].value) for label, cells in figure.rows] == [
        ("France", 1), ("Not known: erased before counts were kept", 1),
    ]  # fmt: skip


def test_the_period_is_of_whole_months_on_the_programmes_clock(app, clock):
    # Midnight in Paris is 23 h of the day before in UTC.
    edge = now().replace(month=2, day=28, hour=23, minute=30)
    factories.registration(created_at=edge)
    factories.registration(created_at=edge - timedelta(hours=1))
    march = Scope(begin="2026-03", end="2026-03", zone="Europe/Paris")
    assert sum(states.total() for states in count_states(march).values()) == 1
    assert next(iter(count_over_time(march, "2026-03", "2026-03"))).number == 1


def test_a_long_period_is_shown_by_months_and_a_short_one_by_weeks(app, clock):
    by_weeks = count_over_time(ALL, "2026-02", "2026-03")
    assert by_weeks[0].is_week
    assert (by_weeks[0].begins.isoformat(), by_weeks[0].ends.isoformat()) == ("2026-02-01", "2026-02-01")
    assert by_weeks[1].begins.weekday() == 0
    assert len(count_over_time(ALL, "2025-04", "2026-03")) == 12


@pytest.mark.parametrize(
    ("query", "begin", "end"),
    [
        ({}, "2025-04", ""), ({"from": "all"}, "", ""), ({"from": "2026-01", "to": "2026-02"}, "2026-01", "2026-02"),
        ({"from": "2026-05", "to": "2026-02"}, "2026-02", "2026-05"), ({"from": "2026-13", "to": "x"}, "2025-04", ""),
    ],
)  # fmt: skip
def test_an_address_names_a_period(app, clock, query, begin, end):
    scope = Scope.from_query(query, usual="2025-04")
    assert (scope.begin, scope.end) == (begin, end)
    assert Scope.from_query(dict(parse_qsl(scope.as_query())), usual="1999-01") == scope


def test_months_are_counted_across_years():
    assert month_after("2025-11", 3) == "2026-02"
    assert month_after("2026-02", -3) == "2025-11"
    assert months_between("2025-12", "2026-02") == ["2025-12", "2026-01", "2026-02"]


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(0, 0, None), (0, 9, 0), (1, 1000, 1), (999, 1000, 99), (5, 5, 100)]
)
def test_a_part_is_never_rounded_to_none_or_all(part, whole, shown):
    assert percent(part, whole) == shown


def test_pages_lead_to_lists_and_to_files(client, clock):
    question = many_people()
    a_question("yes_no")
    sign_in(client, "coordinator")
    page = visit(client, "/staff/figures?from=all")
    assert page.heading == "Figures"
    assert "From the beginning" in page.text
    followed = 0
    for path in (
        "/staff/figures?from=all",
        "/staff/figures/people",
        f"/staff/figures/answers?question={question.id}",
    ):
        page = visit(client, path)
        for link in page.all("a"):
            number, target = "".join(link.itertext()), link.get("href", "")
            if number.isdigit() and "/staff/registrations?" in target and followed < 25:
                noun = "registration" if number == "1" else "registrations"
                assert f" {number} {noun}" in f" {visit(client, target).text}", target
                followed += 1
            if urlsplit(target).path.endswith((".csv", ".xlsx")):
                assert client.get(target).status_code == 200
    assert followed > 15
    assert client.get("/staff/figures/nothing.csv").status_code == 404


def test_the_tables_file_opens_again_with_real_numbers(client, clock):
    many_people()
    sign_in(client, "coordinator")
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/staff/figures/country.xlsx?from=all").data))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0] == ["Country", "Registrations", "Share (%)"]
    assert rows[1] == ["France", 9.0, 60.0]
    text = client.get("/staff/figures/sessions.csv?from=all").get_data(as_text=True)
    assert text.startswith("\ufeffSession;Places;Taken;Capacity filled (%);")


@pytest.mark.parametrize(
    "query", ["training=%00", "session=%ff%fe", "from=%00&to=9999-12", "session=" + "x" * 500]
)
def test_nonsense_in_the_address_finds_nothing(client, query):
    sign_in(client, "coordinator")
    for page in ("", "/people", "/answers", "/report", "/time.csv"):
        assert client.get(f"/staff/figures{page}?{query}&question=%00").status_code in (200, 404)


def test_a_site_without_anything_says_so(client):
    sign_in(client, "coordinator")
    assert "Nothing to count in this period." in visit(client, "/staff/figures").text
    assert "Nothing to count in this period." in visit(client, "/staff/figures/people").text
    assert "No question has choices" in visit(client, "/staff/figures/answers").text


def test_by_session_says_only_what_can_be_said(app, clock):
    factories.training_session(capacity=None)
    figure = by_session(ALL)
    assert [cell.value for cell in figure.rows[0][1]] == ["no limit", 0, None, 0, 0, 0, None, 0, 0, None]
