"""What the DNS says of the sender's domain: SPF, DMARC, DKIM, and where mails come back to. Each is one finding."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _

from .lookups import Ask, CannotTell

FINE, ADVICE, MISSING, UNKNOWN = "fine", "advice", "missing", "unknown"
# Receivers stop after so many lookups and then ignore the record (RFC 7208).
MOST_LOOKUPS = 10
_ASKS = re.compile(r"[+?~-]?(?:(?:include|exists):|(?:a|mx|ptr)(?:[:/]|$))|redirect=", re.IGNORECASE)
_FOLLOWED = re.compile(r"[+?~-]?include:(.+)|redirect=(.+)", re.IGNORECASE)
_ALL = re.compile(r"([+?~-]?)all", re.IGNORECASE)


@dataclass(frozen=True)
class Record:
    """A line for whoever looks after the domain."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True)
class Finding:
    """One line of the answer: what was looked at, how it is, in words, what to do, and the record to add."""

    topic: str
    level: str
    says: str
    todo: str = ""
    record: Record | None = None


@dataclass(frozen=True)
class Sender:
    """The address that every mail comes from, and the server that it goes to first."""

    address: str
    domain: str
    server: str


def check_domain(sender: Sender, ask: Ask, selector: str = "") -> list[Finding]:
    """Return a finding for each of SPF, DMARC, DKIM and MX."""
    return [
        _told(_("Who may send (SPF)"), lambda: _spf(sender, ask)),
        _told(_("What receivers do with forgeries (DMARC)"), lambda: _dmarc(sender, ask)),
        _told(_("Signatures (DKIM)"), lambda: _dkim(sender, ask, selector)),
        _told(_("Where messages come back to (MX)"), lambda: _mx(sender, ask)),
    ]


def _told(topic: str, look: Callable[[], tuple[str, str, str, Record | None]]) -> Finding:
    try:
        return Finding(topic, *look())
    except CannotTell:
        return Finding(
            topic,
            UNKNOWN,
            _("The DNS did not answer, so nothing is known."),
            _("Look at this machine’s network, then ask again."),
        )


def _spf(sender: Sender, ask: Ask) -> tuple[str, str, str, Record | None]:
    found = _spf_of(sender.domain, ask)
    if not found:
        value = f"v=spf1 a:{sender.server} mx ~all" if sender.server else "v=spf1 mx ~all"
        return (
            MISSING,
            _("No record says which servers may send for %(domain)s.", domain=sender.domain),
            _(
                "Add this record. It is right when your mail server delivers by itself; "
                "a provider tells you what to write in place of the part with your server’s name."
            ),
            Record(sender.domain, "TXT", value),
        )
    if len(found) > 1:
        return (
            MISSING,
            _("There are %(number)s SPF records. Receivers then follow none.", number=len(found)),
            _("Keep one that names all servers, and delete the others."),
            None,
        )
    terms = found[0].split()[1:]
    end = next((match[1] or "+" for term in terms if (match := _ALL.fullmatch(term))), "")
    follows = any(term.lower().startswith("redirect=") for term in terms)
    if end == "+":
        return (
            MISSING,
            _("The record lets everybody send for %(domain)s.", domain=sender.domain),
            _("Let it end so:"),
            _ended(sender.domain, terms),
        )
    if end == "?" or (not end and not follows):
        return (
            ADVICE,
            _("A record is there, but says nothing about servers that it does not name."),
            _("Let it end so:"),
            _ended(sender.domain, terms),
        )
    if _count(terms, ask) > MOST_LOOKUPS:
        return (
            ADVICE,
            _(
                "A record is there, but needs more than %(number)s questions to the DNS. Receivers may ignore it.",
                number=MOST_LOOKUPS,
            ),
            _("Take out what no longer sends."),
            None,
        )
    return (
        FINE,
        _("One record says who may send: %(record)s", record=found[0]),
        _("Whether it names your mail server is told by the test message: its head says “spf=pass”."),
        None,
    )


def _spf_of(domain: str, ask: Ask) -> list[str]:
    return [text for text in ask(domain, "TXT") if text.lower().split()[:1] == ["v=spf1"]]


def _ended(domain: str, terms: list[str]) -> Record:
    kept = [term for term in terms if not _ALL.fullmatch(term)]
    return Record(domain, "TXT", " ".join(["v=spf1", *kept, "~all"]))


def _count(terms: list[str], ask: Ask) -> int:
    """Return how many lookups a record takes, no further than one too many; what does not answer counts as one."""
    count, waiting = 0, list(terms)
    while waiting and count <= MOST_LOOKUPS:
        term = waiting.pop()
        count += bool(_ASKS.match(term))
        followed = _FOLLOWED.fullmatch(term)
        name = (followed[1] or followed[2]) if followed else ""
        # A name with "%" depends on the mail at hand.
        if not name or "%" in name:
            continue
        try:
            found = _spf_of(name, ask)
        except CannotTell:
            continue
        waiting += found[0].split()[1:] if len(found) == 1 else []
    return count


def _dmarc(sender: Sender, ask: Ask) -> tuple[str, str, str, Record | None]:
    place, found = _dmarc_of(sender.domain, ask)
    if not found:
        value = f"v=DMARC1; p=none; rua=mailto:{sender.address}"
        return (
            MISSING,
            _("No record tells receivers what to do. Large providers then trust less, or refuse."),
            _("Add this record. It changes nothing yet and has reports sent to you."),
            Record(f"_dmarc.{sender.domain}", "TXT", value),
        )
    tags = _tags(found[0])
    policy = (tags.get("sp") if place != sender.domain else None) or tags.get("p", "")
    if len(found) > 1 or policy.lower() not in ("none", "quarantine", "reject"):
        return (
            MISSING,
            _("The record cannot be used: there is more than one, or its policy is not one."),
            _("Keep one, with p=none, p=quarantine or p=reject."),
            None,
        )
    aligned = (
        _("The signature has to name exactly %(domain)s.", domain=sender.domain)
        if tags.get("adkim", "").lower() == "s"
        else _("The signature may name %(domain)s or the domain above it.", domain=sender.domain)
    )
    aligned = _("The sender is the same inside and outside, so SPF fits (alignment).") + " " + aligned
    if policy.lower() == "none":
        tags |= {"sp" if place != sender.domain and "sp" in tags else "p": "quarantine"}
        return (
            ADVICE,
            _("A record is there, but forgeries are only watched (p=none).") + " " + aligned,
            _("Once the reports show that your own messages pass, let it say:"),
            Record(f"_dmarc.{place}", "TXT", "; ".join(f"{name}={value}" for name, value in tags.items())),
        )
    words = (
        _("Forgeries are refused.")
        if policy.lower() == "reject"
        else _("Forgeries are put into the spam folder.")
    )
    return FINE, f"{words} {aligned}", "", None


def _dmarc_of(domain: str, ask: Ask) -> tuple[str, list[str]]:
    """Return where a record applies from, and the records: the domain's own, else those of the domains above it."""
    parts = domain.split(".")
    places = [".".join(parts[start:]) for start in range(max(1, len(parts) - 1))]
    for place in places:
        found = [
            text for text in ask(f"_dmarc.{place}", "TXT") if _tags(text).get("v", "").upper() == "DMARC1"
        ]
        if found:
            return place, found
    return domain, []


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _sign, value in pairs}


def _dkim(sender: Sender, ask: Ask, selector: str) -> tuple[str, str, str, Record | None]:
    if not selector:
        return (
            UNKNOWN,
            _("Whether messages are signed cannot be seen without the name of the key, the selector."),
            _(
                "Send yourself the test message and open its source: the line DKIM-Signature says it after “s=”. "
                "Write it above and look again. No such line: ask your provider to sign."
            ),
            None,
        )
    name = f"{selector}._domainkey.{sender.domain}"
    keys = [tags["p"] for text in ask(name, "TXT") if "p" in (tags := _tags(text))]
    if not keys:
        return (
            MISSING,
            _("There is no key at %(name)s.", name=name),
            _(
                "Your provider, or whoever runs the mail server, knows the value of this record (TXT or CNAME)."
            ),
            None,
        )
    if not any(keys):
        return (
            MISSING,
            _("The key at %(name)s was withdrawn: it is empty.", name=name),
            _("Ask your provider for the new selector."),
            None,
        )
    return (
        FINE,
        _("A key is published at %(name)s.", name=name),
        _("That messages are signed with it is told by the test message: its head says “dkim=pass”."),
        None,
    )


def _mx(sender: Sender, ask: Ask) -> tuple[str, str, str, Record | None]:
    servers = [server for server in ask(sender.domain, "MX") if server not in ("", ".")]
    if not servers:
        return (
            MISSING,
            _("No server takes mail for %(domain)s, so nobody learns what came back.", domain=sender.domain),
            _("Use a sender’s address that can receive, or add an MX record for its domain."),
            None,
        )
    return (
        FINE,
        _("Mail to %(domain)s goes to %(servers)s.", domain=sender.domain, servers=", ".join(servers)),
        "",
        None,
    )
