"""The mails to the team: about their own accounts (all of the kind `account`, never kept), and the test message.

The row says which account and why; links that set a password are made in the sender and stand nowhere else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security.recoverable import generate_reset_password_token

from .. import clock
from ..database import db
from ..dates import datetime_words
from ..mailing import kinds, outbox
from ..mailing.links import Links, page_url
from ..mailing.models import Priority
from ..tokens import make_token
from .models import Account
from .roles import role_may, role_of, role_words

KIND, TEST = "account", "delivery_test"
# How long a link to set a password works.
LINK_WITHIN = timedelta(hours=24)
# How long an invitation opens.
INVITED_FOR = timedelta(days=7)
INVITATION, LINK, SIGN_IN, CHANGE, ACCESS = "invitation", "link", "sign_in", "change", "access"
# What a mail about access tells.
ROLE_CHANGED, WITHDRAWN, GIVEN_BACK = "role_changed", "withdrawn", "given_back"
ALARM, ALARM_WITHIN = "not_me", timedelta(days=7)


def init_app(_app: Flask) -> None:
    """Make the kind of mail known."""
    kinds.register(KIND, compose, keeps_text=False, title=_l("Account"))
    kinds.register(TEST, compose_test, title=_l("Test message"))


def post_account_mail(account: Account, purpose: str, **facts: Any) -> None:
    """Put a mail about an account into the outbox, in the open transaction."""
    outbox.post(
        KIND,
        to=account.email,
        language=account.language,
        priority=Priority.ACCOUNT,
        facts={"purpose": purpose, "account_id": account.id, **facts},
    )


def post_access_mail(account: Account, told: str, *, by: int | None, role: str = "") -> None:
    """Tell in the open transaction what became of an account's access, `by` whom (None: on the command line)."""
    post_account_mail(account, ACCESS, access=told, at=clock.now().isoformat(), by=by, role=role)


def post_delivery_test(account: Account) -> int:
    """Put a test message to the account's own address into the outbox, in the open transaction; return its id."""
    return outbox.post(
        TEST,
        to=account.email,
        language=account.language,
        priority=Priority.ACCOUNT,
        facts={"account_id": account.id},
    )


def compose_test(posted: kinds.Posted, _links: Links) -> kinds.Letter:
    """Write the test message: when it was asked for, and what to look at."""
    account = db.session.get(Account, posted.facts["account_id"])
    if account is None or not account.active:
        raise kinds.NotWanted("account_gone")
    return kinds.Letter(
        context={
            "name": account.name or account.email,
            "moment": datetime_words(posted.posted_at, account.time_zone),
            "page_link": page_url("readiness.show_readiness"),
        }
    )


def compose(posted: kinds.Posted, links: Links) -> kinds.Letter:
    """Write the mail as things stand now; an account that is gone or disabled gets none."""
    account = db.session.get(Account, posted.facts["account_id"])
    purpose, told = posted.facts["purpose"], posted.facts.get("access")
    # Whoever lost the access is told; nobody who has it is told that.
    if account is None or account.active is (told == WITHDRAWN):
        raise kinds.NotWanted("account_gone")
    context: dict[str, Any] = {"name": account.name, "address": account.email}
    if purpose == INVITATION:
        if account.invited_until is None or account.invited_until <= clock.now():
            raise kinds.NotWanted("link_expired")
        token = invitation_token(account)
        context["until"] = datetime_words(account.invited_until, account.time_zone)
        context["link"] = links.hide(page_url("invitation.show_invitation", token=token), token)
    elif purpose == LINK:
        if clock.now() - posted.posted_at > LINK_WITHIN:
            raise kinds.NotWanted("link_expired")
        token = generate_reset_password_token(account)
        context["link"] = links.hide(page_url("security.reset_password", token=token), token)
    elif purpose == ACCESS:
        if told == ROLE_CHANGED and role_of(account) != posted.facts["role"]:
            raise kinds.NotWanted("superseded")
        by = db.session.get(Account, posted.facts["by"]) if posted.facts.get("by") else None
        context["change"] = access_words(told, posted.facts.get("role", ""))
        context["moment"] = datetime_words(datetime.fromisoformat(posted.facts["at"]), account.time_zone)
        context["by"] = by and (by.name or by.email)
        context["by_address"] = by and by.email
        context["team_link"] = page_url("staff.show_dashboard") if told != WITHDRAWN else ""
    else:
        moment = datetime.fromisoformat(posted.facts["at"])
        context["moment"] = datetime_words(moment, account.time_zone)
        context["account_link"] = page_url("account.show_account")
        if purpose == SIGN_IN:
            token = alarm_token(account)
            context["alarm_link"] = links.hide(page_url("alarm.new_alarm", token=token), token)
        context["browser"] = posted.facts.get("browser", "")
        context["change"] = change_words(posted.facts.get("change", ""))
    return kinds.Letter(context=context, template=f"account_{purpose}")


def invitation_token(account: Account) -> str:
    """Return what the link of an invitation carries; a first password or a closed account makes it void."""
    return make_token(INVITATION, str(UUID(account.fs_uniquifier)))


def alarm_token(account: Account) -> str:
    """Return what the link “it was not me” carries; the next password, or a week, makes it void."""
    return make_token(ALARM, str(UUID(account.fs_uniquifier)), int(clock.now().timestamp()) // 3600)


def is_fresh_alarm(hour: int) -> bool:
    """Tell whether an alarm's link of that hour still opens."""
    return 0 <= clock.now().timestamp() / 3600 - hour <= ALARM_WITHIN / timedelta(hours=1)


def access_words(told: str | None, role: str) -> str:
    """Return what became of somebody's access, as a sentence."""
    if told == ROLE_CHANGED:
        return _(
            "Your role in the team is now: %(role)s (%(may)s).", role=role_words(role), may=role_may(role)
        )
    if told == GIVEN_BACK:
        return _("You have access to the team’s pages again, with the password or the passkey that you had.")
    return _("Your access to the team’s pages has ended. Every browser is signed out.")


def change_words(change: str) -> str:
    """Return what was changed, as a sentence."""
    sentences = {
        "password": _("The password of your account was changed."),
        "second_factor_on": _("The second factor of your account was turned on."),
        "second_factor_off": _("The second factor of your account was turned off."),
        "passkey_added": _("A passkey was added to your account."),
        "passkey_deleted": _("A passkey was deleted from your account."),
        "recovery_codes_made": _("New recovery codes were made for your account."),
    }
    return sentences.get(change, "")
