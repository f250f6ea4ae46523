"""What `flask --app wsgi doctor` examines: this installation, and the guarantees played on a throw-away site."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from .. import migrating, schema
from ..catalogue.models import Meeting, Training, TrainingSession
from ..clock import now
from ..config import LOCAL
from ..database import db, transaction
from ..installation import Installation, Worker
from ..mailing import transport
from ..registration import signing_up
from ..registration.applying import Application, Choice
from ..registration.models import Registration

FREE_BYTES = 500 * 1024 * 1024
WORKER_SILENT = timedelta(seconds=60)
PLACES, PEOPLE = 3, 12


@dataclass(frozen=True)
class Finding:
    """One thing that was examined."""

    name: str
    is_good: bool
    detail: str = ""


def examine() -> Iterator[Finding]:
    """Yield each finding as it is made; what breaks is a finding too."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("database and migrations", _check_database),
        ("worker", _check_worker),
        ("mail is not on hold", _check_hold),
        ("secrets are the owner's alone", _check_secrets),
        ("room on the disk", _check_disk),
        ("public address", _check_address),
        ("mail server", _check_mail_server),
        ("places are never given twice, people wait in order", _play_places),
    )
    for name, check in checks:
        try:
            yield Finding(name, True, check())
        except Exception as error:
            db.session.rollback()
            yield Finding(name, False, str(error) or type(error).__name__)


def _check_database() -> str:
    present = schema.present_revision(current_app.config["SQLALCHEMY_DATABASE_URI"])
    _require(
        present == schema.newest_revision(),
        "the database is not up to date: run `flask --app wsgi db upgrade`",
    )
    return f"{db.engine.dialect.name}, revision {present}"


def _check_worker() -> str:
    seen = db.session.scalar(select(func.max(Worker.beat_at)))
    _require(
        seen is not None and seen > now() - WORKER_SILENT, "no worker was seen for a minute: is it started?"
    )
    return ""


def _check_hold() -> str:
    held = db.session.scalar(select(Installation.hold_reason).where(Installation.mail_hold_at.is_not(None)))
    _require(not held, f"mail is on hold ({held}): `flask --app wsgi mail release` shows what waits")
    return ""


def _check_secrets() -> str:
    for name in ("secret_key", "password_salt"):
        path = Path(current_app.instance_path) / name
        if path.exists():
            _require(path.stat().st_mode & 0o077 == 0, f"others can read {path}: run `chmod 600 {path}`")
    return ""


def _check_disk() -> str:
    free = shutil.disk_usage(current_app.instance_path).free
    _require(free > FREE_BYTES, f"only {free // 2**20} MB are free where the data live")
    return f"{free // 2**30} GB free"


def _check_address() -> str:
    address = current_app.config["BASE_URL"]
    is_right = current_app.config["ENV"] == LOCAL or address.startswith("https://")
    _require(is_right, f"{address} is not https: links in mails would not be private")
    return address


def _check_mail_server() -> str:
    config = current_app.config
    if not config["MAIL_SERVER"]:
        _require(config["ENV"] == LOCAL, "none is set, so mails wait: set SETS_MAIL_SERVER")
        return "none; mails become files on this machine"
    server: Any = transport.make_transport(current_app._get_current_object())  # type: ignore[attr-defined]
    server.open()
    server.close()
    return config["MAIL_SERVER"]


def _play_places() -> str:
    """Have more people than places register at once on a site of its own, and look at what became of them."""
    create_app = current_app.extensions["factory"]
    with tempfile.TemporaryDirectory() as folder:
        site = create_app(
            {"SETS_ENV": LOCAL, "SETS_INSTANCE_PATH": folder, "SETS_RATELIMIT_ENABLED": "false"}
        )
        with site.app_context():
            migrating.upgrade()
            training_id, session_id = _make_session()
        errors: list[Exception] = []
        threads = [
            threading.Thread(target=_sign_up, args=(site, number, training_id, session_id, errors))
            for number in range(PEOPLE)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with site.app_context():
            found = _count_states()
            db.session.remove()
            db.engine.dispose()
    _require(not errors, f"a registration failed: {errors[:1]}")
    _require(found == {"confirmed": PLACES, "waiting": PEOPLE - PLACES}, f"{found}")
    return f"{PLACES} places, {PEOPLE} people at once"


def _make_session() -> tuple[int, int]:
    with transaction() as session:
        training = Training(slug="doctor", position=1, hours=1)
        start = now() + timedelta(days=30)
        meeting = Meeting(public_id=str(uuid.uuid4()), starts_at=start, ends_at=start + timedelta(hours=1))
        run: Any = TrainingSession(
            public_id=str(uuid.uuid4()), training=training, language="fr", time_zone="Europe/Paris",
            capacity=PLACES, state="published", created_at=now(), meetings=[meeting],
        )  # fmt: skip
        session.add(run)
        session.flush()
        return training.id, run.id


def _sign_up(site: Any, number: int, training_id: int, session_id: int, errors: list[Exception]) -> None:
    with site.app_context():
        try:
            application = Application(
                form_nonce=os.urandom(16).hex(),
                page_language="fr",
                first_name="Doctor",
                last_name=str(number),
                email=f"doctor{number}@example.org",
                choices=(Choice(training_id, session_id),),
            )
            signing_up.register(application)
        except Exception as error:
            errors.append(error)


def _count_states() -> dict[str, int]:
    statement = select(Registration.status, func.count()).group_by(Registration.status)
    return {status: count for status, count in db.session.execute(statement)}  # noqa: C416


def _require(is_good: bool, sentence: str) -> None:
    if not is_good:
        raise RuntimeError(sentence)
