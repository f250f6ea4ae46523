"""Asking the DNS about the sender's domain: the machine's own resolver only, briefly, and honest when it is silent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

# Seconds for one question.
QUESTION_LIMIT = 3.0
# Asks for the records of a name and type ("TXT", "MX"): [] when there are none, CannotTell when nobody answers.
Ask = Callable[[str, str], list[str]]


class CannotTell(Exception):  # noqa: N818 - an answer, not a failure
    """Nobody answered: there may be such a record or not."""


def resolver(until: float, source: Any = None) -> Ask:
    """Return a function that asks this machine's resolver, up to the monotonic moment `until`.

    Once nobody answered in time nobody is asked again: without a network every answer is "cannot tell" at once.
    """
    # Loaded by the one page that asks.
    import dns.exception
    import dns.resolver

    silent, connected = False, False

    def question(name: str, kind: str) -> list[str] | None:
        """Return the records, None where there is no such name; raises CannotTell."""
        nonlocal silent
        left = min(QUESTION_LIMIT, until - time.monotonic())
        if silent or left <= 0:
            raise CannotTell(name)
        try:
            answer = (source or dns.resolver.Resolver()).resolve(
                f"{name}.", kind, lifetime=left, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return None
        except (dns.exception.DNSException, OSError, ValueError) as trouble:
            silent = isinstance(
                trouble, dns.exception.Timeout | dns.resolver.NoResolverConfiguration | OSError
            )
            raise CannotTell(name) from None
        return [_text(record) for record in (answer.rrset or ())]

    def ask(name: str, kind: str) -> list[str]:
        nonlocal silent, connected
        found = question(name, kind)
        if found is None and not connected:
            # A resolver that is cut off may say "no such name" to everything: does it know .org or .eu?
            connected = question(name.rpartition(".")[2], "SOA") is not None
            if not connected:
                silent = True
                raise CannotTell(name)
        return found or []

    return ask


def _text(record: Any) -> str:
    kind = record.rdtype.name
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")
    if kind == "MX":
        return record.exchange.to_text(omit_final_dot=True)
    return record.to_text()
