"""The team as administrators see it: who has an account, how it stands, and how it is protected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from .. import clock
from ..database import db
from .models import Account, WebAuthn
from .roles import role_of, role_words

ACTIVE, INVITED, LATE, CLOSED = "active", "invited", "late", "closed"
# The shape of each state's tag (templates/macros/status.html).
SHAPES = {ACTIVE: "confirmed", INVITED: "offered", LATE: "expired", CLOSED: "cancelled"}


@dataclass(frozen=True)
class Member:
    """A line of the list, and the top of an account's page."""

    account: Account
    role: str
    state: str
    factor: str
    has_passkey: bool

    @property
    def id(self) -> int:
        """The account's id."""
        return self.account.id

    @property
    def name(self) -> str:
        """The name, or the address of whoever has none."""
        return self.account.name or self.account.email

    @property
    def role_words(self) -> str:
        """The role in the reader's language."""
        return role_words(self.role) or _("No role")

    @property
    def shape(self) -> str:
        """The shape of the state's tag."""
        return SHAPES[self.state]

    @property
    def state_words(self) -> str:
        """The state in the reader's language."""
        words = {
            ACTIVE: _("Active"),
            INVITED: _("Invited"),
            LATE: _("Invitation expired"),
            CLOSED: _("No access"),
        }
        return words[self.state]

    @property
    def seen_at(self) -> datetime | None:
        """When the account was last used."""
        return self.account.seen_at


def members() -> list[Member]:
    """Return everybody who has or had an account: those with access first, then by name."""
    counts = db.session.execute(select(WebAuthn.user_id, func.count()).group_by(WebAuthn.user_id))
    keys = {row[0]: row[1] for row in counts}
    found = [_member(account, keys.get(account.id, 0)) for account in db.session.scalars(select(Account))]
    return sorted(found, key=lambda one: (one.state == CLOSED, one.name.casefold(), one.id))


def member(account_id: int) -> Member | None:
    """Return one of them."""
    account = db.session.get(Account, account_id)
    return _member(account, len(account.webauthn)) if account else None


def _member(account: Account, keys: int) -> Member:
    return Member(account, role_of(account), _state(account, keys), _factor_words(account, keys), keys > 0)


def _state(account: Account, keys: int) -> str:
    if not account.active:
        return CLOSED
    if account.password or keys:
        return ACTIVE
    is_open = account.invited_until is not None and account.invited_until > clock.now()
    return INVITED if is_open else LATE


def _factor_words(account: Account, keys: int) -> str:
    if keys and account.tf_primary_method:
        return _("Passkey and app")
    if keys:
        return _("Passkey")
    return _("App") if account.tf_primary_method else _("Not set up")
