"""Programs that a measurement starts on 127.0.0.1 and ends by their pid: the site, its worker, the floors."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from .load import Load
from .measuring import CPU

ROOT = Path(__file__).resolve().parent.parent
LOCAL = "127.0.0.1"
# As the site is served: the floors get the same.
WORKERS, THREADS = 2, 4


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return probe.getsockname()[1]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with these settings of the site and no other; what is compiled is kept."""
    left_out = ("SETS_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(settings)


def settings_of(instance: Path, port: int = 0, **more: str) -> dict[str, str]:
    """Return the settings of the site of an instance folder."""
    return {
        "SETS_ENV": "local",
        "SETS_INSTANCE_PATH": str(instance),
        "SETS_RATELIMIT_ENABLED": "false",
        "SETS_LOG_LEVEL": "warning",
        "SETS_BIND": f"{LOCAL}:{port}" if port else "",
        "SETS_WEB_WORKERS": str(WORKERS),
        "SETS_WEB_THREADS": str(THREADS),
        **more,
    }


@dataclass(frozen=True)
class Server:
    """A server that runs: its port, and its process with all that it started."""

    port: int
    pid: int

    def rate(self, ask: Callable[[int], Load]) -> float:
        """Return how many rounds a second clients got; with `--cpu`, a second of the server's processor time."""
        before = self._used()
        load = ask(self.port)
        return load.rounds / (self._used() - before) if os.environ.get(CPU) else load.per_second

    def _used(self) -> float:
        family = [psutil.Process(self.pid), *_children(self.pid)]
        return sum(times.user + times.system for times in (one.cpu_times() for one in family))


@contextmanager
def running(
    command: list[str], settings: Mapping[str, str], folder: Path, place: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of the block; what it says goes to a file beside its data."""
    with (folder / "said.log").open("ab") as said:
        process = subprocess.Popen(
            command, env=environment(settings), cwd=place, stdout=said, stderr=said, start_new_session=True
        )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started."""
    family = [*_children(process.pid)]
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for one in psutil.wait_procs(family, timeout=10)[1]:
        one.kill()


@contextmanager
def site(instance: Path, target: str = "wsgi:app", **more: str) -> Iterator[Server]:
    """Serve the site."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", target]
    with running(command, settings_of(instance, port, **more), instance) as process:
        wait_for(port, "/fr/legal", process)
        yield Server(port, process.pid)


@contextmanager
def floor(name: str, folder: Path, path: str = "/", url: str = "") -> Iterator[Server]:
    """Serve the floor of that name (`bench.floors:<name>()`) the way the site is served."""
    port = free_port()
    database = {"FLOOR_URL": url or f"sqlite:///{folder}/{name}.db"}
    # Not in the root, where gunicorn would find the site's configuration.
    with running(floor_command(name, port), database, folder, place=folder) as process:
        wait_for(port, path, process)
        yield Server(port, process.pid)


def floor_command(name: str, port: int) -> list[str]:
    """Return the command that serves a floor."""
    return [
        *(sys.executable, "-m", "gunicorn", "--bind", f"{LOCAL}:{port}", "--worker-class", "gthread"),
        *("--workers", str(WORKERS), "--threads", str(THREADS), "--preload", "--log-level", "warning"),
        *("--no-control-socket", "--worker-tmp-dir", "/dev/shm", f"bench.floors:{name}()"),
    ]


def wait_for(port: int, path: str, process: subprocess.Popen[bytes] | None = None, limit: float = 60) -> None:
    """Return once the path answers 200."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"It ended with {process.returncode} before it answered: {process.args}")
        if status(port, path) == 200:
            return
        time.sleep(0.01)
    raise TimeoutError(f"Nothing answers on {path}.")


def status(port: int, path: str) -> int:
    """Return the status of one GET, 0 when nobody answers."""
    connection = http.client.HTTPConnection(LOCAL, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def memory_of(pid: int) -> float:
    """Return the proportional share (PSS) of a process and all that it started, in MiB."""
    total = 0
    for one in [psutil.Process(pid), *_children(pid)]:
        for line in Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
