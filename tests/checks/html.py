"""Runs the Nu HTML checker over many pages at once."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.checks import give_up

CHECKER = Path(__file__).parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def faults(pages: Mapping[str, str], folder: Path) -> list[str]:
    """Return the errors and warnings on the pages (by name, their HTML), one line each; `folder` takes the files."""
    java = shutil.which("java")
    if java is None or not CHECKER.exists():
        give_up("Java or vnu-jar (npm)")
    names = {}
    for number, (name, text) in enumerate(pages.items()):
        path = folder / f"{number}.html"
        path.write_text(text, "utf-8")
        names[path.name] = name
    files = [str(folder / name) for name in names]
    done = subprocess.run(
        [java, "-jar", str(CHECKER), "--format", "json", "--exit-zero-always", "--stdout", *files],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    messages = json.loads(done.stdout)["messages"]
    return [
        f"{names[message['url'].rpartition('/')[2]]}:{message.get('lastLine')}: {message['message']}"
        f" — {' '.join(message.get('extract', '').split())}"
        for message in messages
        if message["type"] == "error" or message.get("subType") == "warning"
    ]
