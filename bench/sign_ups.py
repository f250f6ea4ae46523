"""Rows of the sign-up: form, POST, receipt, with 8 clients, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from . import load
from .measuring import Line, compared
from .serving import floor, site
from .sites import catalogue_site, open_session, postgresql

WHO = {"first_name": "Zoé", "last_name": "Lefèvre"}
PERSON = WHO | {
    "organisation": "Coopérative des Tilleuls", "organisation_kind": "cooperative", "role": "Formatrice",
    "country": "FR", "mail_language": "fr", "time_zone": "Europe/Paris", "source": "partner",
}  # fmt: skip


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the lines of both databases."""
    seconds, rounds = (1.5, 3) if quick else (4.0, 5)
    yield from _on("SQLite", folder, seconds, rounds)
    with postgresql(folder) as databases:
        yield from _on("PostgreSQL", folder, seconds, rounds, databases("site"), databases("floor"))


def _on(
    name: str, folder: Path, seconds: float, rounds: int, url: str = "", floor_url: str = ""
) -> Iterator[Line]:
    more = {"SETS_SQLALCHEMY_DATABASE_URI": url} if url else {}
    with ExitStack() as stack:
        instance = catalogue_site(folder, url)
        slug, public_id = open_session(instance, url)
        ours = stack.enter_context(site(instance, **more))
        other = stack.enter_context(floor("sign_up", folder, "/register", floor_url))
        path, fields = f"/fr/register?session={public_id}", PERSON | {f"training-{slug}": public_id}

        yield compared(
            f"sign-ups, 8 clients, {name}", "/s", 0.6,
            lambda: ours.rate(lambda port: load.sign_ups(port, path, fields, seconds)),
            lambda: other.rate(lambda port: load.sign_ups(port, "/register", WHO, seconds)),
            rounds=rounds, at_least=True,
        )  # fmt: skip
