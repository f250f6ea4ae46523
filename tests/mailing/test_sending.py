"""Sending: every mail once, whatever the server does, and nothing waits for one that stalls."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from sets import clock as site_clock
from sets.database import transaction
from sets.mailing import claims, hold, trouble
from sets.mailing.models import Delivery, Priority
from sets.mailing.rendering import render
from sets.mailing.sending import Sender
from sets.mailing.transport import Outcome, Result, SMTPTransport
from tests.mailing import probe
from tests.mailing.scripted import HANG_UP, drip, scripted_server, stall

MINUTE = timedelta(minutes=1)
# What concerns the dialogue with the mail server only is the same on both databases.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_mail_leaves_once_and_is_kept_as_it_left(sender_to, mail):
    probe.post("ana@example.org", what="A place")
    sender = sender_to(mail.port)
    assert sender.drain() == 1
    assert sender.drain() == 0
    (received,) = mail.inbox
    row = probe.only()
    assert (row.status, row.attempts, row.smtp_code) == ("sent", 1, 250)
    assert row.subject == received.subject
    assert received.text.count(probe.TOKEN) == 1
    assert received.html.count(probe.TOKEN) == 1
    assert row.text == received.text.replace(probe.TOKEN, "•••").replace("\r\n", "\n")
    assert row.lease_by is None


def test_one_refused_address_in_the_middle_hurts_nobody_else(sender_to, mail):
    mail.refuse.add("c@example.org")
    probe.post(*(f"{name}@example.org" for name in "abcde"))
    assert sender_to(mail.port).drain() == 4
    assert sorted(mail.attempts) == [f"{name}@example.org" for name in "abcde"]
    assert probe.states()["c@example.org"] == "failed"
    (row,) = (one for one in _rows() if one.status == "failed")
    assert (row.smtp_code, row.reason) == (550, "refused")
    assert "No such mailbox" in row.smtp_text


@on_sqlite
def test_a_mail_put_off_is_tried_later_and_later_then_given_up(sender_to, mail, clock):
    mail.answer = "452 4.2.2 full"
    probe.post("ana@example.org")
    sender = sender_to(mail.port)
    sender.drain()
    waits = []
    while (row := probe.only()).status == "retry":
        waits.append((row.next_at - site_clock.now()) // MINUTE)
        clock.move_to(row.next_at)
        sender.drain()
    assert waits[:6] == [1, 5, 15, 60, 240, 240]
    assert 3 * 24 <= sum(waits) / 60 < 3 * 24 + 4
    assert (row.status, row.reason, row.smtp_code) == ("failed", "gave_up", 452)


@on_sqlite
def test_a_mail_put_off_once_arrives_once(sender_to, mail, clock):
    mail.answer = "451 4.3.0 later"
    probe.post("ana@example.org")
    sender = sender_to(mail.port)
    sender.drain()
    mail.answer = ""
    assert sender.drain() == 0
    clock.shift(MINUTE)
    assert sender.drain() == 1
    assert len(mail.inbox) == 1
    assert probe.only().attempts == 2


def test_a_greylisted_receiver_delays_nobody_else(sender_to, mail, clock):
    mail.greylist.add("b@example.org")
    probe.post("a@example.org", "b@example.org", "c@example.org")
    sender = sender_to(mail.port)
    sender.drain()
    assert probe.states() == {"a@example.org": "sent", "b@example.org": "retry", "c@example.org": "sent"}
    clock.shift(MINUTE)
    sender.drain()
    assert probe.states()["b@example.org"] == "sent"
    assert mail.attempts.count("a@example.org") == 1


@on_sqlite
@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_a_server_that_hangs_up_before_the_final_dot_is_tried_again(sender_to, script, clock, verb):
    script.answers[verb, "b@example.org"] = HANG_UP
    probe.post("a@example.org", "b@example.org", "c@example.org")
    sender = sender_to(script.port)
    sender.drain()
    assert probe.states() == {"a@example.org": "sent", "b@example.org": "retry", "c@example.org": "sent"}
    script.answers.clear()
    clock.shift(MINUTE)
    sender.drain()
    assert sorted(script.accepted) == ["a@example.org", "b@example.org", "c@example.org"]


def test_a_server_that_hangs_up_after_the_final_dot_leaves_a_doubt_and_no_second_mail(sender_to, mail, clock):
    mail.hang_up_after = 1
    probe.post("ana@example.org", "bo@example.org")
    sender = sender_to(mail.port)
    sender.drain()
    clock.shift(timedelta(days=1))
    sender.drain()
    assert probe.states() == {"ana@example.org": "unknown", "bo@example.org": "sent"}
    assert len(mail.to("ana@example.org")) == 1


@on_sqlite
def test_an_answer_that_is_none_leaves_a_doubt(sender_to, script):
    script.answers[".", "*"] = "what?"
    probe.post("ana@example.org")
    sender_to(script.port).drain()
    assert probe.states() == {"ana@example.org": "unknown"}


@on_sqlite
def test_a_connection_that_the_server_left_is_replaced_without_a_failed_try(sender_to, script):
    sender = sender_to(script.port)
    probe.post("a@example.org")
    sender.drain()
    script.answers["MAIL", "*"] = _once(script, HANG_UP)
    probe.post("b@example.org")
    sender.drain()
    assert script.accepted == ["a@example.org", "b@example.org"]
    assert {row.attempts for row in _rows()} == {1}


@on_sqlite
def test_a_server_that_wants_a_new_connection_gets_one(sender_to, script):
    sender = sender_to(script.port)
    probe.post("a@example.org")
    sender.drain()
    script.answers["MAIL", "*"] = _once(script, "421 too many mails on this connection")
    probe.post("b@example.org")
    sender.drain()
    assert script.accepted == ["a@example.org", "b@example.org"]


def test_while_the_server_is_away_mails_wait_and_then_leave_once(sender_to, free_port):
    probe.post("ana@example.org")
    sender = sender_to(free_port)
    sender.drain()
    sender.drain()
    row = probe.only()
    assert (row.status, row.attempts, row.lease_by) == ("queued", 0, None)
    assert "refused" in trouble.current().text
    with scripted_server(free_port) as script:
        sender.drain()
        assert script.accepted == ["ana@example.org"]
    assert trouble.current() is None


@on_sqlite
def test_a_service_that_refuses_everybody_is_no_failure_of_a_mail(sender_to, script):
    script.answers["MAIL", "*"] = "530 5.7.0 Authentication required"
    probe.post("ana@example.org")
    sender_to(script.port).drain()
    assert (probe.only().status, probe.only().attempts) == ("queued", 0)
    assert trouble.current().code == 530


@on_sqlite
def test_a_server_that_answers_a_byte_at_a_time_is_left_at_the_deadline(site, script):
    script.answers["RCPT", "*"] = drip
    probe.post("ana@example.org")
    ready = render(claims.claim("one/0", 1)[0])
    site.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=script.port, MAIL_USE_TLS=False)
    transport = SMTPTransport(site, deadline=0.4)
    transport.open()
    assert transport.deliver(ready.envelope, "x").result == Result.TEMPORARY


@on_sqlite
def test_a_server_that_never_answers_the_final_dot_leaves_a_doubt(site, script):
    end = threading.Event()
    script.answers[".", "*"] = stall(end)
    probe.post("ana@example.org")
    ready = render(claims.claim("one/0", 1)[0])
    site.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=script.port, MAIL_USE_TLS=False)
    transport = SMTPTransport(site, deadline=0.4)
    assert transport.deliver(ready.envelope, "x").result == Result.UNKNOWN
    end.set()


def test_a_receiver_that_stalls_a_campaign_does_not_stop_confirmations(site, sender_to, script):
    end = threading.Event()
    script.answers["RCPT", "slow@example.org"] = stall(end)
    probe.post("slow@example.org", "next@example.org", priority=Priority.CAMPAIGN)
    general, reserved = (
        sender_to(script.port, "one/1"),
        sender_to(script.port, "one/0", Priority.CONFIRMATION),
    )
    thread = threading.Thread(target=_drain, args=(site, general))
    thread.start()
    _until(lambda: "RCPT" in script.seen)
    probe.post("new@example.org")
    assert reserved.drain() == 1
    assert script.accepted == ["new@example.org"]
    assert probe.states()["next@example.org"] == "queued"
    end.set()
    thread.join(30)
    assert sorted(script.accepted) == ["new@example.org", "next@example.org"]


@on_sqlite
def test_the_reserved_sender_takes_no_campaign(sender_to, mail):
    probe.post("a@example.org", priority=Priority.CAMPAIGN)
    assert sender_to(mail.port, highest=Priority.CONFIRMATION).drain() == 0


def test_confirmations_go_before_campaigns(sender_to, mail):
    probe.post("later@example.org", priority=Priority.CAMPAIGN)
    probe.post("first@example.org", priority=Priority.CONFIRMATION)
    sender_to(mail.port).drain()
    assert mail.attempts == ["first@example.org", "later@example.org"]


def test_a_mail_that_cannot_be_written_stops_no_other(capsys, sender_to, mail):
    probe.post("a@example.org", broken=True)
    probe.post("b@example.org", not_wanted=True)
    probe.post("c@example.org")
    sender_to(mail.port).drain()
    assert probe.states() == {"a@example.org": "retry", "b@example.org": "cancelled", "c@example.org": "sent"}
    assert [row.reason for row in _rows()] == ["not_composed", "changed_mind", None]
    said = capsys.readouterr().err
    assert "mail_not_composed" in said
    assert "secret@example.org" not in said


@on_sqlite
def test_a_kind_that_nobody_knows_waits_for_a_version_that_does(site, sender_to, mail):
    with transaction() as session:
        probe.outbox.post("of_tomorrow", to="a@example.org", language="en", priority=Priority.NOTICE)
        session.flush()
    sender_to(mail.port).drain()
    assert (probe.only().status, probe.only().reason) == ("retry", "unknown_kind")


@on_sqlite
@pytest.mark.parametrize("address", ["nobody", "a@b@example.org", "a <b@example.org>", "@example.org"])
def test_an_impossible_address_fails_alone(sender_to, mail, address):
    probe.post(address, "good@example.org")
    sender_to(mail.port).drain()
    assert probe.states() == {address: "failed", "good@example.org": "sent"}


def test_nothing_leaves_on_hold_not_even_what_was_claimed_before(site, sender_to, mail):
    probe.post("a@example.org")
    ready = render(claims.claim("one/0", 5)[0])
    hold.put_on_hold("asked")
    assert not claims.turn("one/0", None, ready)
    claims.give_back(["one/0"])
    sender = sender_to(mail.port)
    assert sender.drain() == 0
    assert probe.states() == {"a@example.org": "queued"}
    hold.release()
    assert sender.drain() == 1


@pytest.mark.parametrize(
    "change", [{"status": "cancelled"}, {"to_address": None}, {"to_address": "new@example.org"}]
)
def test_what_changed_since_the_claim_is_seen_before_the_dialogue(site, change):
    probe.post("a@example.org")
    ready = render(claims.claim("one/0", 5)[0])
    with transaction() as session:
        session.query(Delivery).update(change)
    assert not claims.turn("one/0", None, ready)


def test_two_senders_never_hold_the_same_mail(site):
    probe.post(*(f"{n}@example.org" for n in range(6)))
    one, two = claims.claim("one/0", 4), claims.claim("two/0", 4)
    assert len(one) == 4
    assert len(two) == 2
    assert not {mail.id for mail in one} & {mail.id for mail in two}


def test_a_lease_that_ended_is_another_senders_and_the_first_cannot_write(site, clock):
    probe.post("a@example.org")
    (posted,) = claims.claim("one/0", 1)
    ready = render(posted)
    clock.shift(claims.LEASE + MINUTE)
    assert len(claims.claim("two/0", 1)) == 1
    assert not claims.turn("one/0", None, ready)
    claims.turn("one/0", claims.ended(posted, Outcome(Result.SENT, 250, "ok")), None)
    assert probe.states() == {"a@example.org": "queued"}


def test_a_mail_whose_worker_vanished_in_the_middle_is_doubtful_until_the_truth_comes(site, clock):
    probe.post("a@example.org")
    (posted,) = claims.claim("far/0", 1)
    assert claims.turn("far/0", None, render(posted))
    assert claims.expire() == 0
    clock.shift(claims.LEASE + MINUTE)
    assert claims.expire() == 1
    assert (probe.only().status, probe.only().reason) == ("unknown", "interrupted")
    claims.turn("far/0", claims.ended(posted, Outcome(Result.SENT, 250, "ok")), None)
    assert probe.states() == {"a@example.org": "sent"}


def test_a_slow_dialogue_gives_back_what_else_was_claimed(site):
    probe.post("a@example.org", "b@example.org")
    first, _ = claims.claim("one/0", 5)
    claims.turn("one/0", None, render(first))
    assert claims.give_back(["one/0"]) == 1
    assert [mail.to_address for mail in claims.claim("two/0", 5)] == ["b@example.org"]


@on_sqlite
def test_in_production_without_a_server_mails_wait(site, sender_to):
    site.config.update(ENV="production", MAIL_SERVER="")
    probe.post("a@example.org")
    assert sender_to(None).drain() == 0
    assert probe.states() == {"a@example.org": "queued"}


@on_sqlite
def test_on_ones_own_machine_mails_become_files_that_only_the_owner_reads(site, sender_to):
    from sets.mailing.transport import file_of

    probe.post("a@example.org", what="Hélène")
    assert sender_to(None).drain() == 1
    path = file_of(site, probe.only().public_id)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"To: a@example.org" in path.read_bytes()
    assert probe.only().smtp_text == path.name


def _drain(site, sender: Sender) -> None:
    with site.app_context():
        sender.drain()


def _rows() -> list[Delivery]:
    probe.states()
    return probe.db.session.query(Delivery).order_by(Delivery.id).all()


def _once(script, answer):
    def say(dialogue):
        script.answers.clear()
        if answer == HANG_UP:
            dialogue.connection.shutdown(2)
        else:
            dialogue.say(answer)

    return say


def _until(condition) -> None:
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("It never came.")
