"""Who opens a learner's own page, or the page that says that a link leads nowhere: for the views of such pages."""

from __future__ import annotations

from typing import NoReturn

from flask import abort, make_response, render_template

from ..http import private_page
from . import personal
from .keys import LinkUnknown
from .personal import Person


def person_behind(token: str) -> Person:
    """Return whose personal page this link opens; else answer that it opens none."""
    try:
        return personal.find_person(token)
    except LinkUnknown as unknown:
        refuse_link(unknown)


def refuse_link(unknown: LinkUnknown) -> NoReturn:
    """Answer that the link leads nowhere, and where to ask for another one."""
    status = 410 if unknown.is_revoked or unknown.is_erased else 404
    why = {"is_revoked": unknown.is_revoked, "is_erased": unknown.is_erased}
    page = render_template("registration/show_unknown_link.html", **why)
    abort(private_page(make_response(page, status)))
