"""What somebody does whose account was signed in to by another: end everything, then choose a new password."""

from __future__ import annotations

import uuid

from flask_security.recoverable import generate_reset_password_token

from .. import clock
from ..database import transaction
from ..tokens import read_token
from .accounts import AccountRefused, find_account
from .activity import record_activity
from .messages import ALARM, is_fresh_alarm
from .models import Account
from .staff_sessions import _end_sessions


def alarmed_account(token: str) -> Account | None:
    """Return the account that the link of a mail about a sign-in is for, while it opens."""
    read = read_token(ALARM, token)
    account = find_account(uuid.UUID(read[0]).hex) if read and is_fresh_alarm(read[1]) else None
    return account if account is not None and account.active else None


def raise_alarm(token: str) -> str:
    """End every session, and make password and links void; return what opens the page of the new password.

    Whoever has the link reads the account's mail, and could set a password anyway. Raises AccountRefused.
    """
    with transaction():
        account = alarmed_account(token)
        if account is None:
            raise AccountRefused
        account.password = None
        account.fs_uniquifier = uuid.uuid4().hex
        account.update_datetime = clock.now()
        ended = _end_sessions(account.id)
        record_activity(
            "sign_in_disowned",
            subject_type="account",
            subject_id=account.id,
            rows=ended,
            account_id=account.id,
        )
        return str(generate_reset_password_token(account))
