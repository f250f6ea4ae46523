"""What the buttons of a learner's own page have in common: act, note that the address is theirs, go back and say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, url_for
from flask_babel import lazy_gettext as _l

from . import workflow
from .doors import person_behind
from .standing import Standing
from .transitions import RegistrationRefused

PAGE = "/<language:lang>/my/<token>"
ONE = f"{PAGE}/registrations/<uuid:public_id>"

# What the page says after a button was pressed, by the word in its address.
DONE: dict[str, Any] = {
    "cancelled": _l("Your place is given up. A message confirms it."),
    "left": _l("You wait no more. A message confirms it."),
    "accepted": _l("The place is yours. A message brings your dates."),
    "declined": _l("You left the place. It goes to the next person."),
    "restored": _l("The place is yours again. A message brings your dates back."),
    "restored-pending": _l(
        "Your registration stands again, and the team decides on it. A message confirms it."
    ),
    "restored-waiting": _l("You wait again, at the end of the line. A message confirms it."),
    "moved": _l("Your date is changed. A message puts your calendar right."),
    "waits": _l("You wait for the other date, and keep what you have until then. A message confirms it."),
    "details": _l("Your details are up to date."),
    "address-asked": _l("We wrote to the new address. Open the link there: until then nothing changes."),
    "address-dropped": _l("The change of address is dropped."),
    "address": _l(
        "The address is changed. Our messages come here from now on. "
        "Earlier ones still lead to this page: if others read the old mailbox, make a new link."
    ),
    "recovered": _l("The address is yours as before, and every earlier link opens nothing any more."),
    "link": _l(
        "This page has a new link. The old one opens nothing any more, and a message brings you the new one."
    ),
    "feed": _l("Your calendar has a new address. The old one gives nothing any more."),
    "answers": _l("Your answers are up to date."),
    "preferences": _l("It is noted: from now on we write to you like that."),
}


def back(token: str, **query: Any) -> Any:
    """Go back to the page, which says what was done (`done`) or why not (`refused`)."""
    return redirect(url_for("learner.show_learner", token=token, **query), 303)


def own_standing(token: str, public_id: Any) -> Standing:
    """Return one of the person's own registrations; else the page is not found."""
    return person_behind(token).find(str(public_id)) or abort(404)


def act(
    token: str,
    done: str,
    verb: Callable[[], Any],
    *,
    refused: Callable[[RegistrationRefused], Any] | None = None,
) -> Any:
    """Do what the button says and go back to the page. `refused` answers a refusal otherwise than the page does.

    A verb that returns a text has it added to what was done: "restored" becomes "restored-waiting".
    """
    learner = person_behind(token).learner
    learner_id = learner.id
    try:
        result = verb()
    except RegistrationRefused as refusal:
        return refused(refusal) if refused else back(token, refused=refusal.reason)
    workflow.prove_address(learner_id)
    return back(token, done=f"{done}-{result}" if result else done)
