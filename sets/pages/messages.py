"""The mails that tell colleagues how things stand: the digest, and that messages were refused."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..database import db
from ..mailing import kinds
from ..mailing.links import Links, page_url
from ..preferences import WEEKLY
from ..staff.models import Account

DIGEST, REFUSED = "digest", "mail_refused"


def init_app(_app: Flask) -> None:
    """Make the kinds of mail known."""
    kinds.register(DIGEST, compose_digest, title=_l("Digest"))
    kinds.register(REFUSED, compose_refused, title=_l("Refused messages"))


def compose_digest(posted: kinds.Posted, _links: Links) -> kinds.Letter:
    """Write the counts, each with the page where they stand."""
    account = _account(posted)
    counts = posted.facts["counts"]
    is_weekly = posted.facts["often"] == WEEKLY
    return kinds.Letter(
        context={
            "name": account.name,
            "lines": digest_lines(counts, is_weekly=is_weekly),
            "is_weekly": is_weekly,
            "page_link": page_url("staff.show_dashboard"),
            "account_link": page_url("account.show_account"),
        }
    )


def compose_refused(posted: kinds.Posted, _links: Links) -> kinds.Letter:
    """Write how many messages were refused, and where they stand."""
    _account(posted)
    link = page_url("outbox.list_deliveries", state="failed")
    return kinds.Letter(context={"count": posted.facts["count"], "page_link": link})


def digest_lines(counts: dict[str, Any], *, is_weekly: bool) -> list[tuple[str, str]]:
    """Return what there is to say as (words, address), in the language being spoken."""
    received = counts["received"]
    lines = [
        (
            received,
            ngettext("%(num)d new registration this week", "%(num)d new registrations this week", received)
            if is_weekly
            else ngettext(
                "%(num)d new registration since yesterday",
                "%(num)d new registrations since yesterday",
                received,
            ),
            page_url("registrations.list_registrations"),
        ),
        (
            counts["pending"],
            ngettext(
                "%(num)d registration awaits approval",
                "%(num)d registrations await approval",
                counts["pending"],
            ),
            page_url("registrations.list_registrations", status="pending"),
        ),
        (
            counts["waiting"],
            ngettext("%(num)d person waits", "%(num)d people wait", counts["waiting"]),
            page_url("registrations.list_registrations", status="waiting"),
        ),
        (
            counts["roomless"],
            ngettext(
                "%(num)d session of the next two weeks has no room yet",
                "%(num)d sessions of the next two weeks have no room yet",
                counts["roomless"],
            ),
            page_url("sessions.list_sessions"),
        ),
        (
            counts["needs"],
            ngettext(
                "%(num)d person has accessibility needs that nobody has answered",
                "%(num)d people have accessibility needs that nobody has answered",
                counts["needs"],
            ),
            page_url("registrations.list_needs"),
        ),
        (
            counts["failed"],
            ngettext("%(num)d message was refused", "%(num)d messages were refused", counts["failed"]),
            page_url("outbox.list_deliveries", state="failed"),
        ),
        (
            counts["unknown"],
            ngettext(
                "%(num)d message is to be checked", "%(num)d messages are to be checked", counts["unknown"]
            ),
            page_url("outbox.list_deliveries", state="unknown"),
        ),
        (
            counts["retention"],
            ngettext(
                "%(num)d person goes soon, as the privacy page promised",
                "%(num)d people go soon, as the privacy page promised",
                counts["retention"],
            ),
            page_url("privacy.list_removals"),
        ),
    ]
    return [(words, url) for number, words, url in lines if number]


def _account(posted: kinds.Posted) -> Account:
    account = db.session.get(Account, posted.facts["account_id"])
    if account is None or not account.active:
        raise kinds.NotWanted("account_gone")
    return account
