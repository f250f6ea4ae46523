"""Row of the memory: web and worker together after some pages, against Flask and SQLAlchemy under the same gunicorn."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from . import load
from .measuring import Line
from .serving import floor, free_port, memory_of, running, settings_of, wait_for
from .sign_ups import PERSON
from .sites import catalogue_site, open_session


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the line of the memory."""
    instance = catalogue_site(folder)
    slug, public_id = open_session(instance)
    port = free_port()
    with running([sys.executable, "-m", "sets.start"], settings_of(instance, port), instance) as process:
        wait_for(port, "/fr/", process)
        load.sign_ups(port, f"/fr/register?session={public_id}", PERSON | {f"training-{slug}": public_id}, 2)
        time.sleep(3 if quick else 6)
        ours = memory_of(process.pid)
    with floor("page", folder) as server:
        load.pages(server.port, "/", 2)
        other = memory_of(server.pid)
    yield Line("memory (PSS), web and worker", ours, "MiB", 2.5, floor=other, ratio=ours / other)
