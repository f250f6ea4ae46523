"""What administrators do to the accounts of their colleagues: invite, give a role, withdraw access, reset.

Each verb locks the administrators first, so that no two of them can leave the team without one.
"""

from __future__ import annotations

import uuid

from flask_babel import gettext as _
from flask_security import hash_password

from .. import clock
from ..database import db, transaction
from ..tokens import read_token
from .accounts import (
    AccountRefused,
    _check_choice,
    _checked_address,
    _checked_password,
    _close,
    _find,
    _lock_administrators,
    _mail_the_way_in,
    _new_account,
    _refuse_the_last_administrator,
    _reset_factor,
    _role,
    _set_password,
    find_account,
    has_way_in,
)
from .activity import acting_account_id, record_activity
from .messages import GIVEN_BACK, INVITATION, LINK, ROLE_CHANGED, post_access_mail, post_account_mail
from .models import Account
from .roles import has_role, role_of, role_words
from .staff_sessions import _end_sessions


def invite(email: str, *, name: str, role: str, language: str) -> int:
    """Add an account and mail its owner an invitation; return its id."""
    address = _checked_address(email)
    _check_choice(role, language)
    with transaction() as session:
        _take_office()
        if _find(address) is not None:
            raise AccountRefused(_("%(email)s has an account already.", email=address))
        account = _new_account(address, language)
        account.name = name or address.partition("@")[0]
        account.active = True
        account.roles = [_role(role)]
        session.add(account)
        session.flush()
        _mail_the_way_in(account)
        _note("account_invited", account, role=role)
        return account.id


def invite_again(account_id: int) -> None:
    """Mail an invitation that was not accepted once more; it opens for another week, and so do those sent before."""
    with transaction():
        _take_office()
        account = _open_account(account_id)
        if has_way_in(account):
            raise AccountRefused(_("%(name)s has accepted the invitation.", name=account.name))
        _mail_the_way_in(account)
        _note("invitation_sent_again", account)


def change_role(account_id: int, *, role: str, before: str) -> None:
    """Give an account another role; `before` is the role that the person who asks has seen."""
    _check_choice(role, "en")
    with transaction():
        _take_office()
        account = _open_account(account_id)
        _refuse_oneself(account)
        if (present := role_of(account)) != before:
            raise AccountRefused(
                _(
                    "Somebody else has changed this role meanwhile: it is “%(role)s” now. Choose again.",
                    role=role_words(present),
                )
            )
        if role == present:
            return
        if role != "administrator":
            _refuse_the_last_administrator(account)
        account.roles = [_role(role)]
        account.update_datetime = clock.now()
        if has_way_in(account):
            post_access_mail(account, ROLE_CHANGED, by=acting_account_id(), role=role)
        _note("role_changed", account, role=role)


def withdraw(account_id: int) -> None:
    """Close a colleague's account, or take an invitation back, and end every session; the row and its name stay."""
    with transaction():
        _take_office()
        account = _account(account_id)
        _refuse_oneself(account)
        if not account.active:
            return
        ended = _close(account)
        _note("access_withdrawn", account, rows=ended)


def give_back(account_id: int) -> None:
    """Open a closed account again, as it was; whoever never had a password or a passkey is invited anew."""
    with transaction():
        _take_office()
        account = _account(account_id)
        if account.active:
            return
        account.active = True
        account.update_datetime = clock.now()
        if has_way_in(account):
            post_access_mail(account, GIVEN_BACK, by=acting_account_id())
        else:
            _mail_the_way_in(account)
        _note("access_given_back", account)


def mail_password_link(account_id: int) -> None:
    """Mail a colleague a link to set a new password."""
    with transaction():
        _take_office()
        account = _open_account(account_id)
        if not has_way_in(account):
            raise AccountRefused(_("Send the invitation again instead."))
        post_account_mail(account, LINK)
        _note("password_link_sent", account)


def reset_factor_of(account_id: int) -> None:
    """Turn off a colleague's second factor, passkeys and recovery codes, and end their sessions."""
    with transaction():
        _take_office()
        account = _open_account(account_id)
        _refuse_oneself(account)
        _reset_factor(account)


def sign_out(account_id: int, id_hash: str | None = None) -> int:
    """End one session of a colleague, or all of them; return how many were ended."""
    with transaction():
        _take_office()
        account = _account(account_id)
        ended = _end_sessions(account.id, only=id_hash)
        if ended:
            _note("colleague_signed_out", account, rows=ended)
    return ended


def invited_account(token: str) -> Account | None:
    """Return the account that an invitation's link is for, while it opens."""
    read = read_token(INVITATION, token)
    account = find_account(uuid.UUID(read[0]).hex) if read else None
    if account is None or not account.active or account.invited_until is None or has_way_in(account):
        return None
    return account if clock.now() < account.invited_until else None


def accept_invitation(token: str, password: str) -> int:
    """Set the first password of an invited account; return its id, or raise when the link opens nothing any more."""
    hashed = hash_password(_checked_password(password))
    with transaction():
        account = invited_account(token)
        if account is None:
            raise AccountRefused(_("This invitation no longer works."))
        _set_password(account, hashed)
        record_activity(
            "invitation_accepted", subject_type="account", subject_id=account.id, account_id=account.id
        )
        return account.id


def _take_office() -> None:
    """Lock the administrators, then look whether the one who acts still is one: somebody may just have closed them."""
    _lock_administrators()
    actor_id = acting_account_id()
    actor = db.session.get(Account, actor_id) if actor_id else None
    if actor_id and (actor is None or not actor.active or not has_role(actor, "administrator")):
        raise AccountRefused(_("You are no longer an administrator."))


def _account(account_id: int) -> Account:
    account = db.session.get(Account, account_id)
    if account is None:
        raise AccountRefused(_("This account does not exist."))
    return account


def _open_account(account_id: int) -> Account:
    account = _account(account_id)
    if not account.active:
        raise AccountRefused(_("This account is closed. Give access back first."))
    return account


def _refuse_oneself(account: Account) -> None:
    if account.id == acting_account_id():
        raise AccountRefused(_("Nobody does this to their own account. Ask another administrator."))


def _note(verb: str, account: Account, *, rows: int | None = None, role: str = "") -> None:
    chosen = {"role": role} if role else None
    record_activity(verb, subject_type="account", subject_id=account.id, rows=rows, filter=chosen)
