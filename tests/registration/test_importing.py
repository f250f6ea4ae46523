"""Files of earlier registrations: matched, checked, imported as they were and under the rules of places, and again."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update

from sets import jobs
from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration.importing_models import ImportLine, ImportRun
from sets.registration.models import AttendanceFact, Consent, Learner, LearnerNeed, RegistrationEvent, Status
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.registration import imports
from tests.registration.imports import (
    check,
    confirm,
    lines,
    people,
    results,
    rows,
    run_of,
    send,
    settle,
    work,
)
from tests.registration.old_submissions import (
    ERRORS,
    FORMULA,
    LINES,
    PATH,
    as_csv,
    some_lines,
)
from tests.staff.signing import sign_in

pytestmark = pytest.mark.usefixtures("clock")
NEW = LINES - len(ERRORS) - 1 + 2  # two lines ask for two trainings each
SOME = as_csv(some_lines())
SOME_NEW = len(some_lines()) - 1 - len(ERRORS) - 1 + 2
ENGLISH = ["First name", "Last name", "E-mail", "Date of submission"]


@pytest.fixture
def organiser(catalogue, client):
    sign_in(client, "organiser")
    return client


def mails():
    return db.session.scalar(select(func.count(Delivery.id)))


def old_file(organiser, content=None, name="submissions.csv"):
    """Send the 500 submissions, or another file like it, and bring it to the end of the check."""
    there = {one.public_id for one in db.session.scalars(select(TrainingSession))}
    sessions = {} if there else imports.past_sessions()
    page = send(organiser, content or PATH.read_bytes(), name)
    default = {
        f"session-{imports.SLUGS[one]}": sessions[one].public_id for one in ("social", "digital") if sessions
    }
    page = check(page, **default)
    if page.path.endswith("/values"):
        page = settle(page, quotidien="digital-collaboration", Deutsch="en", oreille="colleague")
        work()
    return visit(organiser, run_of(page))


def one_session(organiser, content, session, **fields):
    """Send a small file whose lines are all for one session, and bring it to the end of the check."""
    page = send(organiser, content)
    slug = session.training.slug
    return check(page, training=slug, **{f"session-{slug}": session.public_id}, **fields)


def a_line(name, at="2026-02-01 10:00:00", **changes):
    cells = {"first": name.capitalize(), "last": "Martin", "email": f"{name}@example.org", "at": at} | changes
    return list(cells.values())


def past_session(**values):
    return factories.training_session(
        factories.training("social-economy"), starts=now() - timedelta(days=60), state="closed", **values
    )


def open_session(**values):
    return factories.training_session(factories.training("social-economy"), **values)


def test_500_old_submissions_become_registrations_of_past_sessions_as_they_were(organiser):
    page = old_file(organiser)
    assert results() == {"new": NEW, "error": len(ERRORS), "duplicate": 1}
    assert rows() == []
    assert "Nobody is written to." in page.click("Go on to the import").text
    page = confirm(page)
    found = rows()
    assert len(found) == NEW
    assert {(row.origin, row.silent, row.status) for row in found} == {("import", True, "confirmed")}
    assert {row.created_at.year for row in found} == {2025}
    assert all(row.created_at == row.confirmed_at == row.status_at and row.ended_at for row in found)
    assert len(people()) == NEW - 2
    # Over their capacity: past sessions are as they were.
    taken = dict(db.session.execute(select(TrainingSession.id, TrainingSession.places_taken)).tuples().all())
    assert sum(taken.values()) == NEW
    assert max(taken.values()) > 100
    assert mails() == 0
    assert {event.mailed for event in db.session.scalars(select(RegistrationEvent))} == {False}
    # Everywhere where registrations are.
    assert f"{NEW} registrations" in visit(organiser, "/staff/registrations").text
    exported = organiser.get("/staff/registrations.csv").get_data(as_text=True)
    assert exported.count("@example.org") == NEW
    assert "'=HYPERLINK(" in exported
    verbs = {row.verb: row.rows for row in db.session.scalars(select(Activity))}
    assert (verbs["import_received"], verbs["import_confirmed"]) == (LINES, NEW)


def test_no_clock_ever_mails_about_an_imported_past_session(organiser, clock):
    confirm(old_file(organiser, SOME))
    for days in (0, 1, 40, 200):
        clock.shift(timedelta(days=days))
        for step in jobs.STEPS:
            if not step.apart:
                jobs.Clock(organiser.application, []).run_step(step, threading.Event())
    db.session.rollback()
    assert mails() == 0


def test_errors_name_their_line_column_and_value_and_come_as_a_spreadsheet(organiser):
    page = old_file(organiser)
    errors = visit(organiser, f"{page.path}?result=error")
    for words in (
        "Line 20",
        "“Adresse e-mail”: The e-mail address is missing.",
        "“Adresse e-mail”, “zoe(at)example.org”: Add the “@” and what follows it",
        "“Nom”: The name is missing.",
        "“Submission Date”, “Hier soir”: This is no date that can be read",
        "“Date de la session”, “2025-02-03”: No session of this training was held on that day.",
    ):
        assert words in errors.text
    assert "The same as line 10." in visit(organiser, f"{page.path}?result=duplicate").text
    book = CalamineWorkbook.from_filelike(io.BytesIO(organiser.get(f"{page.path}/errors.xlsx").get_data()))
    sheet = book.get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet[1:]] == sorted(ERRORS)
    assert sheet[0][:3] == ["Line", "What is wrong", "Submission Date"]


def test_the_spreadsheet_of_errors_is_corrected_and_imported_without_what_is_there(organiser):
    import xlsxwriter

    page = confirm(old_file(organiser, SOME))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(organiser.get(f"{page.path}/errors.xlsx").get_data()))
    table = sheet.get_sheet_by_index(0).to_python()
    for row in table[1:]:
        row[2], row[3], row[5], row[12] = "2025-02-01", "Zoé", f"again{int(row[0])}@example.org", "2025-03-11"
        row[11] = "Économie sociale"
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        out = book.add_worksheet()
        for number, row in enumerate(table):
            out.write_row(number, 0, row)
    check(send(organiser, content.getvalue(), "corrected.xlsx"))
    assert results() == {"new": len(ERRORS)}


@pytest.mark.parametrize("form", ["renamed", "turned", "utf-16", "spreadsheet"])
def test_the_same_file_adds_nothing_the_second_time(organiser, form):
    import xlsxwriter

    confirm(old_file(organiser, SOME))
    before = [row.id for row in rows()]
    assert len(before) == SOME_NEW
    table, content = some_lines(), SOME
    if form == "turned":
        head, *rest = [list(reversed(row)) for row in table]
        content = as_csv([head, *reversed(rest)], separator=";", encoding="utf-8")
    elif form == "utf-16":
        content = as_csv(table, separator="\t", encoding="utf-16")
    elif form == "spreadsheet":
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(table):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell)
        content = buffer.getvalue()
    page = old_file(organiser, content, "other name")
    # What was said of columns and values is remembered.
    assert results() == {"known": SOME_NEW, "error": len(ERRORS), "duplicate": 1}
    assert "Go on to the import" not in page.text
    assert [row.id for row in rows()] == before


def test_somebody_who_changed_their_address_is_known_by_the_line_that_brought_them(organiser):
    session = past_session()
    content = lines(a_line("amina"), head=ENGLISH)
    confirm(one_session(organiser, content, session))
    with transaction() as store:
        values = {"email": "amina@elsewhere.org", "email_key": "amina@elsewhere.org"}
        store.execute(update(Learner).values(**values))
    one_session(organiser, content, session)
    assert results() == {"known": 1}


def test_lines_for_a_session_to_come_take_places_in_the_order_in_which_people_had_asked(organiser):
    session = open_session(capacity=2)
    content = lines(
        a_line("late", "2026-02-03"),
        a_line("second", "2026-02-02"),
        a_line("first", "2026-02-01"),
        head=ENGLISH,
    )
    page = one_session(organiser, content, session)
    asked = page.click("Go on to the import")
    assert "3 of them are for sessions to come" in asked.text
    assert "Write to the 2 people who get a place in a session to come" in asked.text
    confirm(page)
    found = {row.learner.email: (row.status, row.silent, row.created_at.day) for row in rows()}
    assert found == {
        "first@example.org": ("confirmed", False, 1),
        "second@example.org": ("confirmed", False, 2),
        "late@example.org": ("waiting", False, 3),
    }
    assert mails() == 0


def test_nobody_is_passed_over_by_an_import(organiser):
    session = open_session(capacity=1)
    factories.registration(session, status=Status.WAITING)
    confirm(one_session(organiser, lines(a_line("amina"), head=ENGLISH), session))
    assert [row.status for row in rows()] == ["waiting", "waiting"]


def test_those_who_get_a_place_are_written_to_when_somebody_chose_so(organiser):
    session = open_session(capacity=1)
    content = lines(a_line("amina"), a_line("bruno", "2026-02-02"), head=ENGLISH)
    page = one_session(organiser, content, session)
    confirm(page, mails="y")
    sent = db.session.scalars(select(Delivery)).all()
    assert [(one.kind, one.to_address) for one in sent] == [("added_by_team", "amina@example.org")]


def test_another_number_of_mails_than_was_shown_is_asked_again(organiser):
    session = open_session(capacity=1)
    page = one_session(organiser, lines(a_line("amina"), head=ENGLISH), session)
    asked = page.click("Go on to the import")
    factories.registration(session)
    answer = submit(asked, form="/confirmation", mails="y")
    assert "another number of people" in answer.text
    assert "Write to the" not in answer.text
    work()
    assert len(rows()) == 1


def test_what_is_registered_meanwhile_is_not_registered_twice(organiser):
    session = open_session()
    page = one_session(organiser, lines(a_line("amina"), head=ENGLISH), session)
    asked = page.click("Go on to the import")
    factories.registration(session, factories.learner("amina@example.org", last_name="Benali"))
    submit(asked, form="/confirmation")
    work()
    assert len(rows()) == 1
    assert results() == {"known": 1}


def test_an_import_stops_at_errors_where_somebody_chose_so(organiser):
    session = past_session()
    page = one_session(organiser, lines(a_line("amina"), a_line("bruno", email="no"), head=ENGLISH), session)
    answer = submit(page.click("Go on to the import"), form="/confirmation", on_errors="stop")
    assert "the import was to stop at them" in answer.text
    assert rows() == []


def test_an_import_that_stopped_goes_on_without_the_line(organiser):
    session = open_session()
    page = one_session(
        organiser, lines(a_line("amina"), a_line("bruno", "2026-02-02"), head=ENGLISH), session
    )
    asked = page.click("Go on to the import")
    # Meanwhile Amina has a place in another session of the training.
    factories.registration(open_session(), factories.learner("amina@example.org"))
    submit(asked, form="/confirmation", on_errors="stop")
    work()
    page = visit(organiser, page.path)
    assert "Stopped at an error" in page.text
    assert len(rows()) == 1
    submit(page, form="/resumption")
    work()
    assert [row.learner.email for row in rows()] == ["amina@example.org", "bruno@example.org"]


def test_details_of_people_whom_we_know_stay_and_gaps_are_filled(organiser):
    session = past_session()
    factories.learner(
        "amina@example.org", first_name="Amina", last_name="Benali", organisation="", role="Director"
    )
    head = [*ENGLISH, "Organisation", "Role"]
    page = one_session(organiser, lines([*a_line("amina"), "Tilleuls", "Trainer"], head=head), session)
    assert "This address is known under another name: those details stand." in page.text
    page = confirm(page)
    learner = rows()[0].learner
    assert (learner.last_name, learner.organisation, learner.role) == ("Benali", "Tilleuls", "Director")
    imports.undo(page)
    learner = db.session.scalars(select(Learner)).one()
    assert (learner.last_name, learner.organisation, learner.role) == ("Benali", "", "Director")


def test_states_of_the_file_are_kept_for_past_sessions_and_registers_nobody_for_coming_ones(organiser):
    head = [*ENGLISH, "Status"]
    content = lines(
        [*a_line("amina"), "Annulée"], [*a_line("bruno"), "en lista de espera"], [*a_line("chiara"), "iscritta"],
        head=head,
    )  # fmt: skip
    confirm(one_session(organiser, content, past_session()))
    assert [row.status for row in rows()] == ["cancelled", "expired", "confirmed"]
    page = one_session(organiser, lines([*a_line("dora"), "cancelled"], head=head), open_session())
    assert "In this state nobody is registered for a session to come." in page.text


def test_needs_come_only_with_their_consent_and_news_in_the_words_that_were_agreed_to(organiser):
    head = [*ENGLISH, "Accessibility needs", "You may read this", "I want the newsletter"]
    content = lines(
        [*a_line("amina"), "Subtitles", "I agree", "oui"],
        [*a_line("bruno"), "Large print", "", "non"],
        head=head,
    )
    session = open_session()
    page = send(organiser, content)
    page = check(
        page, **{"column-5": "needs_consent", "column-6": "news", "training": "social-economy",
                 "session-social-economy": session.public_id},
    )  # fmt: skip
    assert "the person did not agree that we read them" in page.text
    confirm(page)
    assert [need.text for need in db.session.scalars(select(LearnerNeed))] == ["Subtitles"]
    agreed = {one.kind: one.text_version_id for one in db.session.scalars(select(Consent))}
    assert set(agreed) == {"news", "needs"}
    from sets.registration.models import TextVersion

    assert db.session.get(TextVersion, agreed["news"]).body == "I want the newsletter"


def test_who_was_there_is_kept_for_each_meeting(organiser):
    session = past_session(meetings=2)
    head = [*ENGLISH, "Présence 11 mars", "Présence 18 mars"]
    content = lines([*a_line("amina"), "Oui", "absent"], head=head)
    confirm(one_session(organiser, content, session))
    facts = db.session.scalars(select(AttendanceFact).order_by(AttendanceFact.meeting_id)).all()
    assert [(one.kind, one.mark) for one in facts] == [("imported", "present"), ("imported", "absent")]


def test_answers_go_to_the_questions_of_the_form_by_their_words(organiser):
    head = [*ENGLISH, "Which tools do you use today?", "¿Qué le gustaría saber hacer al terminar?"]
    session = factories.training_session(
        factories.training("digital-collaboration"), starts=now() - timedelta(days=60), state="closed"
    )
    cells = [*a_line("amina"), "Video meetings\nRéseaux sociaux", "Escribir mejor"]
    confirm(one_session(organiser, lines(cells, head=head), session))
    row = rows()[0]
    record = visit(organiser, f"/staff/registrations/{row.public_id}").text
    assert "Video meetings; Social networks" in record
    assert "Escribir mejor" in record


def test_dates_that_could_be_read_either_way_are_asked_about(organiser):
    session = past_session()
    page = send(organiser, lines(a_line("amina", "03/04/2025"), a_line("bruno", "05/06/2025"), head=ENGLISH))
    slug = {"training": "social-economy", "session-social-economy": session.public_id}
    refused = submit(page, form="/columns", status=422, **slug)
    assert "Say whether the day or the month comes first." in refused.text
    confirm(check(refused, order_of_dates="month"))
    assert [row.created_at.date().isoformat() for row in rows()] == ["2025-03-04", "2025-05-06"]


def test_one_date_that_can_be_read_one_way_decides_for_the_others(organiser):
    session = past_session()
    content = lines(a_line("amina", "03/04/2025 10:30"), a_line("bruno", "25/06/2025"), head=ENGLISH)
    confirm(one_session(organiser, content, session))
    # The zone is the programme's: half past ten in Paris.
    assert rows()[0].created_at == datetime(2025, 4, 3, 8, 30, tzinfo=UTC)


def test_a_missing_past_session_is_created_from_the_page(organiser):
    page = old_file(organiser, SOME)
    asked = page.click("Create this past session")
    assert asked.value("day") == "2025-02-03"
    refused = submit(asked, form="/session", day="2027-02-03", begins="18:00", ends="20:00", status=422)
    assert "Choose a day and hours that are over." in refused.text
    for nonsense in ("0001-01-01", "9999-12-31", "soon"):
        submit(refused, form="/session", day=nonsense, begins="00:00", ends="23:59", status=422)
        assert visit(organiser, f"{refused.path}?day={nonsense}&training=x").value("day") is not None
    submit(refused, form="/session", day="2025-02-03", begins="18:00", ends="20:00", language="fr")
    work()
    assert results()["error"] == len(ERRORS) - 1
    made = db.session.scalars(select(TrainingSession).order_by(TrainingSession.id.desc())).first()
    assert (made.state, made.capacity, made.practice, made.is_example) == ("closed", None, False, False)


def test_a_stale_page_changes_nothing_and_shows_how_it_stands(organiser):
    session = past_session()
    page = send(organiser, lines(a_line("amina"), head=ENGLISH))
    slug = {"training": "social-economy", "session-social-economy": session.public_id}
    check(page, **slug)
    again = submit(page, form="/columns", **slug)
    assert "stands otherwise by now" in again.text


def test_columns_must_make_a_person(organiser):
    page = send(organiser, lines(a_line("amina"), head=ENGLISH))
    refused = submit(page, form="/columns", status=422, **{"column-2": ""})
    assert "Say which column is the e-mail address." in refused.text
    refused = submit(page, form="/columns", status=422, **{"column-1": "email"})
    assert "“E-mail” and “Last name” cannot both be the same." in refused.text


def test_a_session_that_is_missing_is_asked_for_where_it_is_chosen(organiser):
    open_session()
    content = "Date d’envoi;Prénom;Nom;E-mail\r\n12/03/2026 14:05;Zoé;Durand;zoe@example.net\r\n".encode(
        "cp1252"
    )
    page = send(organiser, content)
    assert page.value("column-0") == "submitted_at"
    refused = submit(page, form="/columns", status=422, training="social-economy")
    said = "Choose a session, or the column that says its date."
    assert refused.link(said).endswith("#session-social-economy")


def test_a_file_that_nobody_confirms_is_forgotten_after_a_day_and_lines_once_they_are_registered(
    organiser, clock
):
    from sets.registration import importing_steps

    session = past_session()
    send(organiser, lines(a_line("amina"), head=ENGLISH))
    confirm(
        one_session(organiser, lines(a_line("bruno"), a_line("chiara", email="no"), head=ENGLISH), session)
    )
    while importing_steps.forget():
        pass
    kept = [line.cells for line in db.session.scalars(select(ImportLine).order_by(ImportLine.id))]
    assert [cells and cells[0] for cells in kept] == ["Amina", None, "Chiara"]
    clock.shift(timedelta(hours=25))
    while importing_steps.forget():
        pass
    assert db.session.scalar(select(func.count(ImportRun.id))) == 1
    clock.shift(timedelta(days=30))
    while importing_steps.forget():
        pass
    assert db.session.scalar(select(func.count(ImportLine.id))) == 0
    sign_in(organiser, "organiser")
    assert "Imported" in visit(organiser, imports.LIST).text


def test_a_file_is_thrown_away_before_it_is_imported(organiser):
    page = send(organiser, lines(a_line("amina"), head=ENGLISH))
    gone = submit(page, form="/deletion")
    assert "Nothing of it was registered." in gone.text
    db.session.rollback()
    assert db.session.scalar(select(func.count(ImportRun.id))) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        (b"%PDF-1.7 \xff\xfe", "This is no table."),
        (b"PK\x03\x04" + b"x" * 50, "This spreadsheet cannot be read."),
        (b'Name\r\n"never closed', "From line 2 on, a quotation mark is not closed"),
        (b"Name\r\n", "but no line below them"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_is_wrong(organiser, content, words):
    page = send(organiser, content, "../../<b>odd\x00name</b>.csv", status=422)
    assert words in page.text
    assert "This file could not be read" in page.text
    assert db.session.scalar(select(func.count(ImportRun.id))) == 0


def test_headings_and_cells_that_look_like_markup_stay_words(organiser):
    head = ["<script>alert(1)</script>", "<b>7*7</b>", "E-mail", ""]
    session = past_session()
    page = send(organiser, lines(["<b>x</b>", "100 %s", "no@", "=1+1"], head=head), "<i>é.csv")
    assert "<script>alert" not in page.source
    slug = {"training": "social-economy", "session-social-economy": session.public_id}
    page = check(page, **{"column-0": "first_name", "column-1": "last_name"}, **slug)
    assert "“E-mail”, “no@”: The end of the address is missing" in page.text


def test_formulas_of_a_file_stay_texts(organiser):
    confirm(old_file(organiser, SOME))
    learner = db.session.scalars(select(Learner).where(Learner.email == f"person{FORMULA}@example.org")).one()
    assert learner.organisation.startswith("=HYPERLINK(")
