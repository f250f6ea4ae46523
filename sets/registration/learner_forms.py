"""The form of the lost link: an address, nothing more."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..forms import Address, AddressLine, AtMost, Required, SiteForm


class LinkForm(SiteForm):
    """Asks where to send the personal link."""

    email = AddressLine(
        _l("E-mail address"),
        [Required(_l("Write the address you registered with.")), Address(), AtMost(254)],
        render_kw={"autocomplete": "email"},
    )
