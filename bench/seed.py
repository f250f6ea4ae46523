"""A site filled with as many registrations as a measurement needs, written in bulk."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import insert

from sets import create_app
from sets.catalogue.models import Meeting, Training, TrainingSession, TrainingText
from sets.clock import now
from sets.database import db, transaction
from sets.questionnaires.models import FormVersion, Option, Question
from sets.registration.models import Learner, LearnerWord, Registration
from sets.registration.people import folded, likeness, search_words

FIRST = [
    "Amina",
    "Bruno",
    "Chiara",
    "Élodie",
    "Françoise",
    "Iñigo",
    "Lucía",
    "Noé",
    "Siobhán",
    "Zoë",
    "Maja",
    "Paweł",
]
LAST = [
    "Benali",
    "Martin",
    "Rossi",
    "Fernández",
    "Guérin",
    "Kovač",
    "O’Brien",
    "Nguyen",
    "Lefèbvre",
    "Zanetti",
    "Carvalho",
    "Delmas",
]
COUNTRIES = ("FR", "ES", "IT", "BE", "PT", "GR", "RO", "PL", "BG", "HR", "MT", "")
KINDS = ("association", "cooperative", "mutual", "foundation", "public_body", "education", "")
SOURCES = ("partner", "colleague", "newsletter", "search", "")
TYPES = ("short_text", "choice", "choice", "choices", "yes_no", "long_text")
CHUNK = 5000


def make_site(folder: Path, url: str | None = None, **settings: str) -> Flask:
    """Return a migrated site in that folder, without any training."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "SETS_ENV": "local",
        "SETS_INSTANCE_PATH": str(folder),
        "SETS_RATELIMIT_ENABLED": "false",
    } | settings
    if url:
        values["SETS_SQLALCHEMY_DATABASE_URI"] = url
    site = create_app(values)
    with site.app_context():
        flask_migrate.upgrade()
    return site


def fill(site: Flask, count: int) -> None:
    """Give the site three trainings, six questions and that many registrations of as many people."""
    chance = random.Random(7)
    with site.app_context(), transaction() as session:
        trainings = [_training(number) for number in (1, 2, 3)]
        session.add_all(trainings)
        session.flush()
        sessions = [_session(training, number) for training in trainings for number in range(4)]
        session.add_all(sessions)
        questions = [Question(key=f"q{number}", type=kind) for number, kind in enumerate(TYPES)]
        session.add_all(questions)
        session.flush()
        options = {}
        for question in questions:
            if question.type in ("choice", "choices"):
                options[question.id] = [
                    Option(question_id=question.id, key=f"o{number}") for number in range(5)
                ]
                session.add_all(options[question.id])
        session.flush()
        session.add(FormVersion(number=1, state="live", content=_form(questions, options), live_at=now()))
        _people(chance, count, sessions, questions, options)
    with site.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _training(number: int) -> Training:
    texts = {
        code: TrainingText(
            language=code, title=f"Training {number}", fields={"short_title": f"Short {number}"}
        )
        for code in ("fr", "en", "es", "it")
    }
    return Training(slug=f"training-{number}", position=number, hours=10, texts=texts)


def _session(training: Training, number: int) -> TrainingSession:
    start = now() + timedelta(days=20 + number)
    meeting = Meeting(public_id=str(uuid.uuid4()), starts_at=start, ends_at=start + timedelta(hours=2))
    return TrainingSession(
        public_id=str(uuid.uuid4()), training_id=training.id, language=("fr", "en", "es", "it")[number],
        time_zone="Europe/Paris", state="published", created_at=now(), meetings=[meeting],
    )  # fmt: skip


def _form(questions: list[Question], options: dict[int, list[Option]]) -> dict[str, Any]:
    return {
        "questions": [
            {
                "id": question.id,
                "required": False,
                "label": {"fr": f"Question {question.key} ?"},
                "hint": {},
                "options": [
                    {"id": row.id, "label": {"fr": f"Réponse {row.key}"}}
                    for row in options.get(question.id, [])
                ],
            }
            for question in questions
        ]
    }


def _answer(chance: random.Random, question: Question, options: dict[int, list[Option]]) -> Any:
    if question.type == "choice":
        return chance.choice(options[question.id]).id
    if question.type == "choices":
        return [row.id for row in options[question.id][: chance.randint(1, 3)]]
    if question.type == "yes_no":
        return chance.random() < 0.5
    return "Une réponse écrite à la main"


def _people(
    chance: random.Random,
    count: int,
    sessions: list[TrainingSession],
    questions: list[Question],
    options: dict[int, list[Option]],
) -> None:
    begin = now() - timedelta(days=300)
    states = ["confirmed"] * 8 + ["waiting", "cancelled"]
    taken: dict[int, int] = {}
    for first in range(0, count, CHUNK):
        learners, words, registrations = [], [], []
        for number in range(first + 1, min(first + CHUNK, count) + 1):
            given, family = chance.choice(FIRST), f"{chance.choice(LAST)}{number // 50}"
            at = begin + timedelta(minutes=number * 4)
            email = f"{folded(given)}.{number}@example.org"
            learners.append({
                "id": number, "public_id": str(uuid.uuid4()), "email": email, "email_key": email, "email_slot": 0,
                "first_name": given, "last_name": family, "organisation": f"Coopérative {number % 900}",
                "organisation_kind": chance.choice(KINDS), "role": "Chargée de mission",
                "country": chance.choice(COUNTRIES), "source": chance.choice(SOURCES),
                "language": ("fr", "en", "es", "it")[number % 4], "time_zone": "Europe/Paris", "answers": {},
                "link_version": 1, "feed_version": 1, "created_at": at,
            })  # fmt: skip
            person = SimpleNamespace(
                first_name=given, last_name=family, organisation=f"Coopérative {number % 900}"
            )
            known = search_words(given, family, email, person.organisation) | {folded(email)}
            words += [{"learner_id": number, "word": word} for word in known | likeness(person)]
            session, status = sessions[number % len(sessions)], states[number % 10]
            taken[session.id] = taken.get(session.id, 0) + (status == "confirmed")
            registrations.append({
                "id": number, "public_id": str(uuid.uuid4()), "learner_id": number,
                "training_id": session.training_id, "training_session_id": session.id, "status": status,
                "queue_number": number if status == "waiting" else None, "wants": [], "origin": "public",
                "silent": False, "status_at": at, "created_at": at, "revision": 1,
                "answers": {str(question.id): _answer(chance, question, options) for question in questions},
            })  # fmt: skip
        db.session.execute(insert(Learner), learners)
        db.session.execute(insert(LearnerWord), words)
        db.session.execute(insert(Registration), registrations)
    for session in sessions:
        session.places_taken = taken.get(session.id, 0)
