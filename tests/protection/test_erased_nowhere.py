"""An erased person is found nowhere: a word of theirs in every personal column, then a look at all there is.

Tables that other capabilities add are filled and looked at by themselves.
"""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Integer,
    String,
    Text,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from sets.clock import now
from sets.database import db, transaction
from sets.languages import LANGUAGES
from sets.mailing.models import Delivery
from sets.privacy import PERIODS, personal_columns
from sets.protection.models import ErasureProof
from sets.protection.proofs import find_proof
from sets.registration import signing_up
from sets.registration.erasure import rows_of
from sets.registration.models import Learner, Registration
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.registration.signups import a_session, an_application, registration_of
from tests.staff.signing import sign_in

WORD = "zenobia"
# Text beside a person's key that says nothing about them, and why.
PLAIN = {
    "activity.*": "ids and counts; the subject is a random number",
    "attendance_fact.kind": "a code: how it is known",
    "attendance_fact.mark": "a code: present, absent",
    "calendar_entry.*": "what a calendar was told of a meeting, by hash and random id",
    "consent.kind": "a code: which consent",
    "delivery.public_id": "a random id",
    "delivery.once_key": "a key of ids",
    "delivery.kind": "which mail",
    "delivery.language": "the language of the mail; figures need it",
    "delivery.context_id": "a random id",
    "delivery.status": "a state",
    "delivery.reason": "a code: why it did not arrive",
    "delivery.lease_by": "which worker",
    "import_entry.fingerprint": "a keyed hash: the same file adds nothing twice",
    "import_entry.problems": "codes and numbers of columns",
    "import_entry.result": "a code: what the line comes to",
    "import_entry.status": "a state",
    "import_entry.target": "a keyed hash: the same file adds nothing twice",
    "import_entry.undone": "a code",
    "import_entry.wanted_day": "a day",
    "learner.public_id": "a random id",
    "learner_note.public_id": "a random id",
    "merged_person.public_id": "a random id; the row goes",
    "learner.keep_reason": "a code; the row goes",
    "registration.public_id": "a random id",
    "registration.status": "a state; figures need it",
    "registration.wants": "languages; figures need them",
    "registration.origin": "a code: public, staff, import",
    "registration_event.verb": "a code",
    "registration_event.from_status": "a state",
    "registration_event.to_status": "a state",
    "registration_event.actor_kind": "a code: learner, staff, clock",
    "submission.form_nonce": "a random number",
    "submission.public_id": "a random id",
    "submission.language": "the language of the page",
}


def about_people():
    """Return every table with a key to a person or a registration, and the people themselves."""
    return [
        table
        for table in db.metadata.tables.values()
        if table is Learner.__table__ or {"learner_id", "registration_id"} & set(table.c.keys())
    ]


def is_text(column) -> bool:
    kind = getattr(column.type, "impl", column.type)
    return isinstance(kind, String | Text | JSON)


def test_every_personal_column_has_a_purpose_a_period_and_an_eraser(app):
    from sets.languages import speaking

    columns = list(personal_columns())
    assert len(columns) > 25
    for column in columns:
        with speaking("en"):
            assert str(column.info["purpose"]).endswith("."), column
        assert column.info["keep"] in PERIODS, column
        assert column.info["eraser"] in ("row", "null", "blank"), column
        assert column.info["eraser"] == "row" or column.nullable or column.info["eraser"] == "blank", column
        assert rows_of(column.table, 1, [1]) is not None, f"{column}: the eraser cannot tell whose it is"


def test_no_text_beside_a_person_is_left_unmarked(app):
    known = {
        f"{table.name}.{column.name}" for table in about_people() for column in table.c if is_text(column)
    }
    unmarked = {
        f"{table.name}.{column.name}"
        for table in about_people()
        for column in table.c
        if is_text(column) and not column.info.get("personal")
    }
    excused = {name for name in unmarked if name in PLAIN or f"{name.partition('.')[0]}.*" in PLAIN}
    assert unmarked - excused == set(), "mark these with personal(…), or name them in PLAIN with the reason"
    assert {name for name in PLAIN if "*" not in name} - known == set()


def add_row(table, **given: Any):
    """Return the statement that adds a row with something in every column that needs it."""
    values = {
        column.name: given.get(column.name, value_for(column, len(table.name)))
        for column in table.c
        if not _is_counted(column)
        and (not column.nullable or column.name in given or column.info.get("personal"))
    }
    return insert(table).values(values)


def _is_counted(column) -> bool:
    return column.primary_key and not column.foreign_keys and isinstance(column.type, Integer)


def _allowed(column) -> str:
    """Return the first value that a constraint of the table allows; "" where none limits the column."""
    for constraint in column.table.constraints:
        found = re.match(rf"{column.name} IN \('(\w+)'", str(getattr(constraint, "sqltext", "")))
        if found:
            return found[1]
    return ""


def value_for(column, number: int) -> Any:
    """Return something that the column takes."""
    if column.foreign_keys:
        (key,) = column.foreign_keys
        found = db.session.scalar(select(func.min(key.column)))
        return (
            found if found is not None else db.session.scalar(add_row(key.column.table).returning(key.column))
        )
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return now()
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, Integer):
        return number
    return _allowed(column) or f"x{number}"


def fill(learner_id: int, registration_ids: list[int]) -> list[str]:
    """Write the word into every personal column, adding rows where the person has none; return the columns."""
    filled = []
    tables = dict.fromkeys(column.table for column in personal_columns())
    with transaction() as session:
        for table in tables:
            mine = rows_of(table, learner_id, registration_ids)
            if not session.scalar(select(func.count()).select_from(table).where(mine)):
                keys = {"learner_id": learner_id, "registration_id": registration_ids[0]}
                session.execute(
                    add_row(table, **{name: key for name, key in keys.items() if name in table.c})
                )
            for column in (column for column in table.c if column.info.get("personal") and is_text(column)):
                length = getattr(getattr(column.type, "impl", column.type), "length", None)
                # Codes (language, country) are too short for a word of anybody’s.
                if length is not None and length < 10:
                    continue
                if (
                    column.foreign_keys
                    or column.unique
                    or (column.primary_key and table is not Learner.__table__)
                ):
                    continue
                kind = getattr(column.type, "impl", column.type)
                value = {"said": WORD} if isinstance(kind, JSON) else f"{WORD}@example.org"[: length or 200]
                if column.name in ("email", "email_key"):
                    value = f"{WORD}@example.org"
                session.execute(update(table).where(mine).values({column.name: value}))
                filled.append(f"{table.name}.{column.name}")
    return filled


def dump() -> dict[str, list[str]]:
    """Return every value of the database as text, by table and column; `sqlite_*` and `alembic_version` too."""
    db.session.rollback()
    found: dict[str, list[str]] = {}
    for table in inspect(db.engine).get_table_names():
        for column in inspect(db.engine).get_columns(table):
            query = text(f'SELECT CAST("{column["name"]}" AS TEXT) FROM "{table}"')
            found[f"{table}.{column['name']}"] = [value or "" for value in db.session.scalars(query)]
    return found


def found_in_tables(*words: str) -> list[str]:
    return [
        name
        for name, values in dump().items()
        if any(word in value.lower() for value in values for word in words)
    ]


def found_on_disk(folder: Path, *words: str) -> list[str]:
    """Return the files of the instance that hold a word, SQLite's own with their free pages too."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes().lower() for word in words)
    ]


@pytest.fixture
def person(catalogue):
    """Somebody with a registration, needs, news, answers, other details typed later, and mails that were sent."""
    training = factories.training("social-economy").id
    session = a_session(training)
    said = {
        "organisation": f"{WORD} & co",
        "role": WORD,
        "needs": f"Subtitles for {WORD}",
        "needs_consent": True,
    }
    signing_up.register(
        an_application(WORD, (training, session), news=True, answers={"1": WORD}, last_name=WORD, **said)
    )
    signing_up.register(an_application(WORD, (training, session), last_name=f"{WORD} the second"))
    signing_up.register(an_application("bruno", (training, session)))
    row = registration_of(WORD, session)
    return row.learner.public_id, row.learner_id, [row.id]


def test_a_word_in_every_personal_column_is_gone_after_the_erasure(person, app, client, clock):
    public_id, learner_id, registrations = person
    filled = fill(learner_id, registrations)
    assert {"learner.last_name", "learner_need.text", "delivery.text", "registration.answers"} <= set(filled)
    if db.engine.dialect.name == "sqlite":
        # The search of this test can find: the word is in the file before.
        assert found_on_disk(Path(app.instance_path), WORD)
    before = found_in_tables(WORD)
    assert set(filled) <= set(before)
    people = db.session.scalar(select(func.count(Registration.id)))
    sign_in(client, "organiser")
    visit(client, f"/staff/registrations?q={WORD}")
    page = visit(client, f"/staff/erasures?q={WORD}@example.org")
    page = visit(client, f"/staff/erasures/new/{public_id}")
    assert "Why" in page.text
    page = submit(page, form="/new/", reason="asked")
    assert page.heading.startswith("Proof of erasure")
    assert found_in_tables(WORD) == []
    assert found_on_disk(Path(app.instance_path), WORD) == []
    # The random id says that somebody was erased, and stands nowhere else.
    assert set(found_in_tables(public_id)) <= {"erasure.public_id"}
    named = set(found_on_disk(Path(app.instance_path), public_id))
    assert "erasures.log" in named
    assert named <= {"erasures.log", *(path.name for path in Path(app.instance_path).glob("*.db*"))}
    assert db.session.scalar(select(func.count(Registration.id))) == people
    assert db.session.scalar(select(func.count(Learner.id))) == 1
    assert f"0 registrations for {WORD}" not in page.text


def test_the_proof_names_nobody_and_is_found_by_its_reference(person, client, clock):
    sign_in(client, "organiser")
    page = visit(client, f"/staff/erasures/new/{person[0]}")
    assert "Choose one of these." in submit(page, form="/new/", status=422).text
    assert db.session.scalar(select(func.count(ErasureProof.reference))) == 0
    page = submit(page, form="/new/", reason="mistake")
    proof = db.session.scalars(select(ErasureProof)).one()
    assert (proof.by_role, proof.reason, proof.language) == ("organiser", "mistake", "fr")
    assert proof.counts["learner"] == 1
    assert proof.counts["delivery"] >= 1
    said = json.dumps([proof.counts, proof.reference, proof.reason]) + page.text
    assert WORD not in said.lower()
    assert "Role" not in proof.counts
    for typed in (proof.reference, proof.reference.lower(), proof.reference.replace("-", " ")):
        assert visit(client, f"/staff/erasures?q={typed}").heading == f"Proof of erasure {proof.reference}"
    assert proof.reference in visit(client, "/staff/erasures").text
    assert find_proof(str(uuid.uuid4())) is None
    note = db.session.scalars(select(Activity).where(Activity.verb == "erase_learner")).one()
    assert note.subject_id is None


def test_the_proof_is_a_tagged_pdf_in_the_language_of_the_person(person, client):
    sign_in(client, "organiser")
    with transaction() as session:
        session.execute(update(Learner).where(Learner.public_id == person[0]).values(language="it"))
    submit(visit(client, f"/staff/erasures/new/{person[0]}"), form="/new/", reason="asked")
    proof = db.session.scalars(select(ErasureProof)).one()
    answer = client.get(f"/staff/erasures/{proof.reference}/proof.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert re.search(rb"/Lang ?\(it", answer.data)
    assert b"/MarkInfo" in answer.data or b"/StructTreeRoot" in answer.data
    assert "it" in LANGUAGES


def test_mails_and_search_know_nobody_any_more(person, client):
    sign_in(client, "organiser")
    submit(visit(client, f"/staff/erasures/new/{person[0]}"), form="/new/", reason="asked")
    assert (
        WORD
        not in visit(client, f"/staff/registrations?q={WORD}").text.lower().replace(f"“{WORD}”", "")[5000:]
    )
    assert "Nobody is kept under this address" in visit(client, f"/staff/erasures?q={WORD}@example.org").text
    assert (
        db.session.scalar(select(func.count(Delivery.id)).where(Delivery.to_address.like(f"%{WORD}%"))) == 0
    )
    assert client.get(f"/staff/erasures/new/{person[0]}").status_code == 404


def test_coordinators_erase_nobody(person, client):
    sign_in(client, "coordinator")
    assert client.get(f"/staff/erasures/new/{person[0]}").status_code == 403
    assert client.get("/staff/erasures").status_code == 403
