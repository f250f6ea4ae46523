"""What is done to accounts: add, invite, disable, reset; their own profile; the link to set a password."""

from __future__ import annotations

import unicodedata
import uuid
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_security import hash_password
from sqlalchemy import func, select

from .. import clock
from ..database import db, transaction
from ..languages import LANGUAGES
from .account_settings import LONGEST_PASSWORD, SHORTEST_PASSWORD
from .activity import acting_account_id, record_activity
from .messages import CHANGE, INVITATION, INVITED_FOR, LINK, WITHDRAWN, post_access_mail, post_account_mail
from .models import ROLES, Account, Role
from .roles import has_role
from .staff_sessions import _end_sessions


class AccountRefused(ValueError):  # noqa: N818 - a refusal, said in a sentence
    """What was asked cannot be done; the text is a sentence for the person who asked."""


def add_account(
    email: str,
    *,
    role: str,
    name: str = "",
    language: str = "fr",
    password: str | None = None,
    update: bool = False,
) -> bool:
    """Add an account, or with `update` change the one there is; return whether it is new.

    Without a password the account is invited by mail to choose one. A disabled account that is updated is open again.
    """
    address = _checked_address(email)
    _check_choice(role, language)
    hashed = hash_password(_checked_password(password)) if password is not None else None
    with transaction() as session:
        _lock_administrators()
        account = _find(address)
        if account is not None and not update:
            raise AccountRefused(
                _("%(email)s has an account. Add --update to give it this role and password.", email=address)
            )
        is_new = account is None
        if account is None:
            account = _new_account(address, language)
            session.add(account)
        elif role != "administrator" and account.active:
            _refuse_the_last_administrator(account)
        account.name = name or account.name or address.partition("@")[0]
        account.active = True
        account.roles = [_role(role)]
        account.update_datetime = clock.now()
        session.flush()
        if hashed is not None:
            _set_password(account, hashed)
        else:
            _mail_the_way_in(account)
        verb = "account_added" if is_new else "account_updated"
        record_activity(verb, subject_type="account", subject_id=account.id, filter={"role": role})
    return is_new


def disable_account(email: str) -> None:
    """Close an account and end its sessions; the last administrator stays."""
    with transaction():
        _lock_administrators()
        account = _found(email)
        ended = _close(account)
        record_activity("account_disabled", subject_type="account", subject_id=account.id, rows=ended)


def reset_factor(email: str) -> None:
    """Turn off an account's second factor, passkeys and recovery codes, and end its sessions."""
    with transaction():
        _reset_factor(_found(email))


def list_accounts() -> list[Account]:
    """Return every account, by address."""
    return list(db.session.scalars(select(Account).order_by(Account.email)))


def change_profile(account_id: int, *, name: str, language: str, time_zone: str, digest: str = "") -> None:
    """Store what somebody chose for their own account; no `digest` is what the settings say."""
    if language not in LANGUAGES or time_zone not in available_timezones():
        raise AccountRefused(_("This choice does not exist."))
    with transaction() as session:
        account = session.get_one(Account, account_id)
        account.name, account.language, account.time_zone = name, language, time_zone
        account.digest = digest or None
        account.update_datetime = clock.now()
        record_activity("profile_changed", subject_type="account", subject_id=account_id)


def send_password_link(email: str) -> None:
    """Mail a link to set a password, if the address has an account; either way the same work is done."""
    with transaction():
        account = _find(email)
        if account is not None and not account.active:
            account = None
        if account is not None:
            post_account_mail(account, LINK)
        # A row in both cases: the time of the answer tells nothing about who has an account.
        record_activity(
            "password_link_asked", subject_type="account", subject_id=account.id if account else None
        )


def find_account(name: str) -> Account | None:
    """Return the account with this address, or with this id of Flask-Security's."""
    clean = name.replace("\0", "").strip().lower()
    return db.session.scalar(
        select(Account).where((func.lower(Account.email) == clean) | (Account.fs_uniquifier == clean))
    )


def has_way_in(account: Account) -> bool:
    """Tell whether an account can sign in by itself: with a password or a passkey."""
    return bool(account.password or account.webauthn)


def _mail_the_way_in(account: Account) -> None:
    """Invite somebody who cannot sign in yet; whoever once could gets a link to set a new password."""
    if has_way_in(account):
        post_account_mail(account, LINK)
        return
    account.invited_until = clock.now() + INVITED_FOR
    post_account_mail(account, INVITATION)


def _close(account: Account) -> int:
    """Close an account in the open transaction, whose administrators are locked; return how many sessions ended."""
    _refuse_the_last_administrator(account)
    account.active = False
    account.invited_until = None
    account.update_datetime = clock.now()
    # What was signed for the account, a link for instance, is void.
    account.fs_uniquifier = uuid.uuid4().hex
    if has_way_in(account):
        post_access_mail(account, WITHDRAWN, by=acting_account_id())
    return _end_sessions(account.id)


def _reset_factor(account: Account) -> None:
    account.tf_primary_method = account.tf_totp_secret = None
    account.mf_recovery_codes = None
    account.webauthn.clear()
    account.update_datetime = clock.now()
    _end_sessions(account.id)
    post_account_mail(account, CHANGE, change="second_factor_off", at=clock.now().isoformat())
    if not account.password:
        # The passkey was the only way in.
        post_account_mail(account, LINK)
    record_activity("second_factor_reset", subject_type="account", subject_id=account.id)


def _new_account(address: str, language: str) -> Account:
    now = clock.now()
    return Account(
        email=address,
        fs_uniquifier=uuid.uuid4().hex,
        fs_webauthn_user_handle=uuid.uuid4().hex,
        language=language,
        confirmed_at=now,
        create_datetime=now,
        update_datetime=now,
    )


def _set_password(account: Account, hashed: str) -> None:
    account.password = hashed
    account.invited_until = None
    # Flask-Security knows an account by this id: what was signed for the old one is void.
    account.fs_uniquifier = uuid.uuid4().hex
    _end_sessions(account.id)


def _lock_administrators() -> None:
    """Make whoever adds, lowers or closes accounts wait for each other: two administrators may close one another."""
    db.session.execute(select(Role.id).where(Role.name == "administrator").with_for_update()).all()


def _refuse_the_last_administrator(account: Account) -> None:
    if not has_role(account, "administrator"):
        return
    others = select(func.count(Account.id)).where(
        Account.active.is_(True), Account.id != account.id, Account.roles.any(Role.name == "administrator")
    )
    if account.active and not db.session.execute(others).scalar():
        raise AccountRefused(
            _("%(email)s is the last administrator. Make another one first.", email=account.email)
        )


def _role(name: str) -> Role:
    role = db.session.scalar(select(Role).where(Role.name == name))
    return role or Role(name=name)


def _find(email: str) -> Account | None:
    return db.session.scalar(select(Account).where(func.lower(Account.email) == email.lower()))


def _found(email: str) -> Account:
    account = _find(_checked_address(email))
    if account is None:
        raise AccountRefused(_("%(email)s has no account.", email=email))
    return account


def _checked_address(email: str) -> str:
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise AccountRefused(
            _("%(email)s is not an e-mail address, for example name@example.org.", email=repr(email))
        ) from None


def _check_choice(role: str, language: str) -> None:
    if role not in ROLES:
        raise AccountRefused(_("%(role)s is not a role: %(roles)s.", role=role, roles=", ".join(ROLES)))
    if language not in LANGUAGES:
        raise AccountRefused(
            _("%(code)s is not a language: %(codes)s.", code=language, codes=", ".join(LANGUAGES))
        )


def _checked_password(password: str) -> str:
    text = unicodedata.normalize("NFKC", password)
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise AccountRefused(
            _(
                "A password has %(low)s to %(high)s characters.",
                low=SHORTEST_PASSWORD,
                high=LONGEST_PASSWORD,
            )
        )
    return text
