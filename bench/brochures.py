"""Rows of the brochure: made, in a process that made one before; and served from the disk."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from . import load
from .measuring import Line, compared, in_fresh_process
from .pages import TRAINING
from .serving import floor, site
from .sites import catalogue_site


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the lines of the brochure."""
    instance = catalogue_site(folder)
    yield Line("brochure, made", in_fresh_process(made, instance) * 1000, "ms", 200)
    seconds, rounds = (1.0, 3) if quick else (2.0, 5)
    with ExitStack() as stack:
        ours = stack.enter_context(site(instance))
        other = stack.enter_context(floor("file", folder))
        yield compared(
            "brochure, served", "/s", 0.6,
            lambda: ours.rate(lambda port: load.pages(port, f"{TRAINING}/brochure.pdf", seconds)),
            lambda: other.rate(lambda port: load.pages(port, "/", seconds)),
            rounds=rounds, at_least=True, note="floor: Flask's send_file; no bar in figures",
        )  # fmt: skip


def made(instance: Path) -> float:
    """Return how many seconds a brochure takes, from rows to a file."""
    from sqlalchemy import select

    from sets.catalogue import brochures
    from sets.catalogue.models import Brochure, Training
    from sets.catalogue.showing import current_programme
    from sets.database import db, transaction

    from .exports import site_at

    taken = []
    with site_at(instance).app_context():
        for language in ("fr", "en", "es", "it"):
            with transaction() as session:
                for row in session.scalars(select(Brochure)):
                    brochures.brochure_path(row).unlink(missing_ok=True)
                    session.delete(row)
            training = db.session.scalars(select(Training).order_by(Training.id)).first()
            begun = time.perf_counter()
            brochures.store_brochure(training, language, programme=current_programme())
            taken.append(time.perf_counter() - begun)
        brochures.build_brochures(current_programme())
        db.session.remove()
    return statistics.median(taken[1:])
