"""Periodic jobs: all there, harmless to each other; and the worker that runs them shows that it lives."""

from __future__ import annotations

import threading

import pytest

from sets import jobs, worker
from sets.jobs import STEPS, Clock, Step
from sets.mailing import presence
from tests.mailing import probe

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
calls: list[str] = []
let_go = threading.Event()


def quiet():
    calls.append("quiet")


def failing():
    calls.append("failing")
    raise RuntimeError("secret@example.org")


def busy():
    calls.append("busy")
    return 0 if len(calls) >= 4 else 100


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.call)
def test_every_step_is_a_function_that_runs_on_an_empty_site(app, step):
    function = step.function()
    assert function is not None
    assert not function()
    assert not function()


def test_a_step_that_fails_stops_no_other_and_tells_no_secret(capsys, app):
    calls.clear()
    stopping = threading.Event()
    clock = Clock(app, [Step("tests.test_jobs:failing", 1), Step("tests.test_jobs:quiet", 1)])
    for step in clock.steps:
        clock.run_step(step, stopping)
    assert calls == ["failing", "quiet"]
    said = capsys.readouterr().err
    assert "step_failed" in said
    assert "secret@example.org" not in said


def test_a_step_with_more_to_do_is_called_again(app):
    calls.clear()
    Clock(app, []).run_step(Step("tests.test_jobs:busy", 1), threading.Event())
    assert calls == ["busy"] * 4


def hanging():
    calls.append("hanging")
    let_go.wait(10)


def test_a_step_that_hangs_on_somebody_elses_server_holds_no_other(app):
    calls.clear()
    let_go.clear()
    stopping = threading.Event()
    clock = Clock(app, [Step("tests.test_jobs:hanging", 0, apart=True), Step("tests.test_jobs:quiet", 0)])
    running = threading.Thread(target=clock.run, args=(stopping,))
    running.start()
    try:
        for _ in range(100):
            if calls.count("quiet") >= 2:
                break
            stopping.wait(0.1)
    finally:
        stopping.set()
        running.join(5)
        let_go.set()
    assert calls.count("quiet") >= 2
    assert calls.count("hanging") == 1


def test_a_step_whose_capability_is_not_there_is_left_out(app):
    Clock(app, []).run_step(Step("sets.nowhere.at_all:run", 1), threading.Event())
    assert Step("sets.nowhere.at_all:run", 1).function() is None


def test_a_worker_sends_what_was_posted_while_it_runs_and_says_that_it_lives(app, mail, client):
    probe.add_probe(app)
    app.config.update(MAIL_SERVER=mail.host, MAIL_PORT=mail.port, MAIL_USE_TLS=False)
    assert client.get("/healthz").status_code == 503
    running = worker.Worker(app)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        mail_came = mail.wait_for
        probe.post("a@example.org")
        mail_came(1)
        answer = client.get("/healthz")
        assert answer.status_code == 200
        assert answer.json["worker_seen_at"]
    finally:
        running.stop()
        thread.join(60)
    assert presence.last_beat() is None
    assert jobs.STEPS
