"""What keeps the programs running: brings back, waits longer for what keeps ending, ends all."""

from __future__ import annotations

import subprocess
import sys

from tests.databases import ROOT

SCRIPT = """
import os, signal, sys, time
from sets.supervising import Keeper

def once():
    with open(sys.argv[1], "a") as file:
        print("begun", file=file)
    if len(open(sys.argv[1]).readlines()) == 3:
        os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(0.1)
    raise SystemExit(3)

def quiet():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(sys.argv[1] + ".quiet", "a") as file:
        print(os.getpgrp() == os.getpid(), file=file)
    signal.pause()

Keeper({"once": once, "quiet": quiet}).run()
print("ended")
"""


def test_what_ends_is_brought_back_and_a_stop_ends_all(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "log")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "ended"
    assert done.returncode == 0
    assert (tmp_path / "log").read_text() == "begun\n" * 3
    assert (tmp_path / "log.quiet").read_text() == "True\n"
    assert "Traceback" not in done.stderr
