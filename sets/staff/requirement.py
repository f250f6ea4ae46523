"""Who needs a second factor: a choice of the administrators, asked of every page of the team (guard.py)."""

from __future__ import annotations

from flask_babel import gettext as _

from .. import clock
from ..database import db, transaction
from ..installation import Setting
from .accounts import AccountRefused
from .activity import record_activity
from .models import Account, StaffSession
from .roles import has_role

KEY = "second_factor_of"
NOBODY, ADMINISTRATORS, EVERYBODY = CHOICES = ("nobody", "administrators", "everybody")


def choice_words(choice: str) -> str:
    """Return a choice in the reader's language."""
    words = {
        NOBODY: _("Nobody has to: each person chooses"),
        ADMINISTRATORS: _("Administrators"),
        EVERYBODY: _("Everybody"),
    }
    return words[choice]


def second_factor_of() -> str:
    """Return who needs a second factor."""
    setting = db.session.get(Setting, KEY)
    return setting.value if setting is not None and setting.value in CHOICES else NOBODY


def must_set_up(account: Account, staff_session: StaffSession) -> bool:
    """Tell whether a signed-in person can go on only after setting up a second factor, or after using it.

    A passkey is two factors in one; where there is one, a sign-in with the password alone does not count. Whoever was
    let in by an invitation alone needs some way to come back.
    """
    if account.tf_primary_method or staff_session.factors > 1:
        return False
    if not account.password and not account.webauthn:
        return True
    choice = second_factor_of()
    return choice == EVERYBODY or (choice == ADMINISTRATORS and has_role(account, "administrator"))


def require_second_factor(choice: str, *, account_id: int, id_hash: str) -> None:
    """Store who needs a second factor; refuses an administrator whom it would lock out.

    `id_hash` names the session in which it is asked.
    """
    if choice not in CHOICES:
        raise AccountRefused(_("This choice does not exist."))
    with transaction() as session:
        account = session.get_one(Account, account_id)
        staff_session = session.get_one(StaffSession, id_hash)
        if choice != NOBODY and not (account.tf_primary_method or staff_session.factors > 1):
            raise AccountRefused(
                _(
                    "You signed in with a password alone. Set up a second factor first, or sign in with your passkey."
                )
            )
        setting = session.get(Setting, KEY) or Setting(key=KEY)
        if setting.value == choice:
            return
        setting.value, setting.changed_by, setting.changed_at = choice, account_id, clock.now()
        session.add(setting)
        record_activity("second_factor_of", filter={"choice": choice})
