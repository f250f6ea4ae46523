"""What a role may do: administrator ⊃ organiser ⊃ coordinator."""

from __future__ import annotations

from flask_babel import gettext as _

from .models import ROLES, Account


def has_role(account: Account, role: str) -> bool:
    """Tell whether the account has that role or one that contains it."""
    allowed = ROLES[: ROLES.index(role) + 1]
    return any(own.name in allowed for own in account.roles)


def role_of(account: Account) -> str:
    """Return the highest role of an account; "" when it has none."""
    names = {role.name for role in account.roles}
    return next((name for name in ROLES if name in names), "")


def role_words(role: str) -> str:
    """Return the role's name in the reader's language."""
    words = {
        "administrator": _("Administrator"),
        "organiser": _("Organiser"),
        "coordinator": _("Coordinator"),
    }
    return words.get(role, role)


def role_may(role: str) -> str:
    """Return in a few words what a role may do, in the reader's language."""
    words = {
        "administrator": _("everything, and the team’s accounts and settings"),
        "organiser": _("sessions, registrations, exports and texts"),
        "coordinator": _("reads lists, writes to people, notes who came"),
    }
    return words.get(role, "")
