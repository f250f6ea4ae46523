"""The small forms of learners' own pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..forms import Address, AddressLine, AtMost, Required, SiteForm, TextBlock


class LinkForm(SiteForm):
    """Asks where to send the personal link."""

    email = AddressLine(
        _l("E-mail address"),
        [Required(_l("Write the address you registered with.")), Address(), AtMost(254)],
        render_kw={"autocomplete": "email"},
    )


class NewAddressForm(SiteForm):
    """Asks for another address of the same person."""

    email = AddressLine(
        _l("New e-mail address"),
        [Required(_l("Write the new address.")), Address()],
        render_kw={"autocomplete": "email"},
    )


class CancellationForm(SiteForm):
    """Asks why a place is given up; nobody has to say."""

    reason = TextBlock(
        _l("Why?"),
        [AtMost(1000)],
        description=_l("It helps the team to choose better dates. Only they read it."),
    )
