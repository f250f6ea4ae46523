"""Can we send? What the DNS and a real mail server on loopback say, in words; silence is "cannot tell"."""

from __future__ import annotations

import time
from typing import Any

import dns.resolver
import pytest

from sets.languages import speaking
from sets.mailing import lookups, readiness
from sets.mailing.domain_checks import Sender, check_domain
from sets.mailing.lookups import CannotTell
from tests.mailserver import mail_server, make_certificates

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SENDER = Sender("trainings@example.org", "example.org", "smtp.example.net")
GOOD = {
    ("example.org", "TXT"): ["google-site-verification=1", "v=spf1 include:_spf.example.net -all"],
    ("_spf.example.net", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject; rua=mailto:x@example.org"],
    ("k1._domainkey.example.org", "TXT"): ["v=DKIM1; k=rsa; p=MIGf"],
    ("example.org", "MX"): ["mx.example.org"],
}


@pytest.fixture(autouse=True)
def spoken(app):
    with app.test_request_context("/staff/"), speaking("en"):
        yield


def asked(changes: dict[Any, Any] | None = None, selector: str = "k1", sender: Sender = SENDER):
    """Return the findings (SPF, DMARC, DKIM, MX) for a DNS like GOOD with changes; None is silence."""
    records = GOOD | (changes or {})

    def ask(name, kind):
        found = records.get((name, kind), [])
        if found is None:
            raise CannotTell(name)
        return found

    return check_domain(sender, ask, selector)


def test_a_domain_in_order_is_fine():
    assert [one.level for one in asked()] == ["fine"] * 4


@pytest.mark.parametrize(
    ("records", "level", "value"),
    [
        ([], "missing", "v=spf1 a:smtp.example.net mx ~all"),
        (["v=spf10 -all", "spf1"], "missing", "v=spf1 a:smtp.example.net mx ~all"),
        (["v=spf1 a -all", "V=SPF1 mx ~all"], "missing", None),
        (["v=spf1 a +all"], "missing", "v=spf1 a ~all"),
        (["v=spf1 all"], "missing", "v=spf1 ~all"),
        (["v=spf1 a ?all"], "advice", "v=spf1 a ~all"),
        (["v=spf1 a mx"], "advice", "v=spf1 a mx ~all"),
        (["v=spf1 redirect=_spf.example.net"], "fine", None),
        (["v=spf1 mx ~all"], "fine", None),
        (["v=spf1 " + " ".join(f"a:h{n}.example.org" for n in range(10)) + " -all"], "fine", None),
        (["v=spf1 " + " ".join(f"a:h{n}.example.org" for n in range(11)) + " -all"], "advice", None),
        (["v=spf1 include:example.org -all"], "advice", None),
        (["v=spf1 include:silent.example -all"], "fine", None),
        (None, "unknown", None),
    ],
)
def test_each_spf_record_gets_its_verdict(records, level, value):
    spf = asked({("example.org", "TXT"): records, ("silent.example", "TXT"): None})[0]
    assert spf.level == level
    assert (spf.record.value if spf.record else None) == value


@pytest.mark.parametrize(
    ("records", "level", "value"),
    [
        ([], "missing", "v=DMARC1; p=none; rua=mailto:trainings@example.org"),
        (["something else"], "missing", "v=DMARC1; p=none; rua=mailto:trainings@example.org"),
        (["v=DMARC1; p=none; rua=mailto:x@example.org"], "advice",
         "v=DMARC1; p=quarantine; rua=mailto:x@example.org"),
        (["v=DMARC1;p=quarantine"], "fine", None),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], "missing", None),
        (["v=DMARC1; p=maybe"], "missing", None),
        (None, "unknown", None),
    ],
)  # fmt: skip
def test_each_dmarc_record_gets_its_verdict(records, level, value):
    dmarc = asked({("_dmarc.example.org", "TXT"): records})[1]
    assert dmarc.level == level
    assert (dmarc.record.value if dmarc.record else None) == value
    assert not dmarc.record or dmarc.record.name == "_dmarc.example.org"


def test_the_policy_of_the_domain_above_holds_for_the_one_below():
    below = Sender("a@mail.example.org", "mail.example.org", "")
    found = asked({("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject; sp=none"]}, sender=below)[1]
    assert found.level == "advice"
    assert found.record is not None
    assert (found.record.name, found.record.value) == (
        "_dmarc.example.org", "v=DMARC1; p=reject; sp=quarantine",
    )  # fmt: skip


def test_alignment_is_said_in_words():
    assert "or the domain above it" in asked()[1].says
    strict = asked({("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject; adkim=s"]})[1]
    assert "exactly example.org" in strict.says


@pytest.mark.parametrize(
    ("records", "selector", "level"),
    [
        ([], "", "unknown"),
        ([], "k1", "missing"),
        (["v=DKIM1; p="], "k1", "missing"),
        (["k=rsa; p=abc"], "k1", "fine"),
        (None, "k1", "unknown"),
    ],
)
def test_each_dkim_record_gets_its_verdict(records, selector, level):
    assert asked({("k1._domainkey.example.org", "TXT"): records}, selector)[2].level == level


@pytest.mark.parametrize(
    ("records", "level"), [([], "missing"), (["."], "missing"), (["mx.a", "mx.b"], "fine"), (None, "unknown")]
)
def test_each_answer_about_the_way_back_gets_its_verdict(records, level):
    assert asked({("example.org", "MX"): records})[3].level == level


def test_a_resolver_that_is_silent_is_asked_once_and_briefly(app):
    class Silent:
        asked = 0

        def resolve(self, name, kind, *, lifetime, **_options):
            Silent.asked += 1
            assert lifetime <= 3.0
            raise dns.resolver.LifetimeTimeout(timeout=lifetime, errors=[])

    ask = lookups.resolver(time.monotonic() + 10, Silent())
    assert [one.level for one in check_domain(SENDER, ask, "k1")] == ["unknown"] * 4
    assert Silent.asked == 1


def test_a_server_that_fails_for_one_name_is_asked_for_the_others(app):
    class Answer:
        rrset = None

    class Failing:
        names: list[str] = []

        def resolve(self, name, kind, **_options):
            self.names.append(name)
            if name == "org.":
                return Answer()
            raise dns.resolver.NoNameservers() if len(self.names) == 1 else dns.resolver.NXDOMAIN()

    levels = [
        one.level for one in check_domain(SENDER, lookups.resolver(time.monotonic() + 10, Failing()), "k1")
    ]
    assert levels == ["unknown", "missing", "missing", "missing"]
    assert Failing.names.count("org.") == 1
    assert all(name.endswith("example.org.") or name == "org." for name in Failing.names)


def test_a_resolver_that_is_cut_off_and_knows_no_name_at_all_is_not_believed(app):
    class CutOff:
        def resolve(self, name, kind, **_options):
            raise dns.resolver.NXDOMAIN()

    ask = lookups.resolver(time.monotonic() + 10, CutOff())
    assert [one.level for one in check_domain(SENDER, ask, "k1")] == ["unknown"] * 4


def server_finding(app, **config):
    app.config.update(
        {"MAIL_SERVER": "127.0.0.1", "MAIL_USE_TLS": False, "MAIL_DEFAULT_SENDER": "trainings@example.org"}
        | config
    )

    def silent(name, kind):
        raise CannotTell(name)

    return readiness.check(app, "", silent)[0]


def test_a_server_without_encryption_is_told(app, mail):
    found = server_finding(app, MAIL_PORT=mail.port)
    assert found.level == "advice"
    assert "The connection is not encrypted." in found.says
    assert mail.attempts == mail.inbox == []


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_the_account_is_tried_over_a_verified_connection(app, tmp_path, password):
    context, authority = make_certificates(tmp_path)
    with mail_server(tls=context, starttls=True, login=("sets", "right")) as server:
        found = server_finding(
            app, MAIL_PORT=server.port, MAIL_USE_TLS=True, MAIL_CA_FILE=str(authority), MAIL_USERNAME="sets",
            MAIL_PASSWORD=password,
        )  # fmt: skip
    assert found.level == ("fine" if password == "right" else "missing")
    said = "its certificate was verified. The account was accepted." if password == "right" else "535"
    assert said in found.says
    assert "wrong" not in found.says


def test_a_certificate_that_nobody_vouches_for_is_told(app, tmp_path):
    context, _ = make_certificates(tmp_path)
    with mail_server(tls=context, starttls=True) as server:
        found = server_finding(app, MAIL_PORT=server.port, MAIL_USE_TLS=True)
    assert found.level == "missing"
    assert "does not prove who it is" in found.says


def test_a_server_without_starttls_is_told(app, mail):
    found = server_finding(app, MAIL_PORT=mail.port, MAIL_USE_TLS=True)
    assert (found.level, "STARTTLS" in found.says) == ("missing", True)


def test_a_port_on_which_nobody_listens_is_told(app, free_port):
    found = server_finding(app, MAIL_PORT=free_port)
    assert (found.level, "nobody listens" in found.says) == ("missing", True)


def test_a_server_that_says_nothing_is_left_in_time(app, script, monkeypatch):
    import socket

    monkeypatch.setattr(readiness, "SERVER_LIMIT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        begun = time.monotonic()
        found = server_finding(app, MAIL_PORT=deaf.getsockname()[1])
    assert found.level == "unknown"
    assert time.monotonic() - begun < 3


def test_without_a_mail_server_that_is_what_is_missing(app):
    assert server_finding(app, MAIL_SERVER="").level == "missing"


def test_a_sender_of_this_machine_only_is_asked_of_nobody(app):
    app.config.update(MAIL_SERVER="", MAIL_DEFAULT_SENDER="a@localhost")
    levels = [one.level for one in readiness.check(app, "k1", lambda *_: pytest.fail("asked"))]
    assert levels == ["missing", "unknown", "unknown", "unknown", "unknown", "advice"]
