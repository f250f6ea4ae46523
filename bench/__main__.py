"""`python -m bench [row …] [--quick] [--cpu]`: measure the site against its floors and print one table."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from .measuring import CPU, Line, table

# Row: its module, which yields the lines of the table.
ROWS = {
    "pages": "bench.pages",
    "visit": "bench.visits",
    "brochure": "bench.brochures",
    "sign-ups": "bench.sign_ups",
    "exports": "bench.exports",
    "lists": "bench.lists",
    "mails": "bench.mails",
    "campaigns": "bench.campaigns",
    "start": "bench.starts",
    "memory": "bench.memory",
}


def main() -> int:
    """Measure what was asked for; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help=f"one of: {', '.join(ROWS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller counts and fewer rounds")
    parser.add_argument(
        "--cpu", action="store_true", help="count processor time, on a machine that is busy otherwise"
    )
    parser.add_argument("--folder", type=Path, help="keep the filled sites here, for the next run")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"there is no row {', '.join(sorted(unknown))}")
    if options.cpu:
        os.environ[CPU] = "1"
    folder = (options.folder or Path(tempfile.mkdtemp(prefix="sets-bench-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[Line] = []
    failed = False
    try:
        for name in options.rows or ROWS:
            print(f"… {name}", file=sys.stderr, flush=True)
            try:
                lines += import_module(ROWS[name]).measure(folder, quick=options.quick)
            except Exception as error:
                failed = True
                print(f"{name} could not be measured: {error!r}", file=sys.stderr)
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(lines))
    return int(failed or any(not line.is_kept for line in lines))


if __name__ == "__main__":
    sys.exit(main())
