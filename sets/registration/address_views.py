"""A learner changes their address, confirms the new one, takes a change back; renews their links. A GET asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, render_template, request

from ..http import private_blueprint
from . import address_letters, addresses
from .acting import PAGE, act, back
from .doors import person_behind, refuse_link
from .keys import LinkUnknown, page_token
from .learner_forms import NewAddressForm
from .models import Learner
from .transitions import RegistrationRefused

blueprint = private_blueprint("learner_address", __name__)
CONFIRMATION = "/<language:lang>/addresses/<token>"
RECOVERY = "/<language:lang>/recoveries/<token>"


def init_app(app: Flask) -> None:
    """Connect the pages, and the mails that lead to them."""
    address_letters.init_app(app)
    app.register_blueprint(blueprint)


@blueprint.get(f"{PAGE}/address")
def edit_address(token: str) -> str:
    return _address_page(token, person_behind(token).learner, NewAddressForm())


@blueprint.post(f"{PAGE}/address")
def update_address(token: str) -> Any:
    learner, form = person_behind(token).learner, NewAddressForm(request.form)
    if not form.validate():
        return _address_page(token, learner, form), 422

    def refused(refusal: RegistrationRefused) -> Any:
        form.email.errors = [str(refusal)]
        return _address_page(token, person_behind(token).learner, form), 422

    identifier, email = learner.id, str(form.email.data)
    return act(token, "address-asked", lambda: addresses.ask_change(identifier, email), refused=refused)


@blueprint.post(f"{PAGE}/address/refusal")
def delete_address(token: str) -> Any:
    identifier = person_behind(token).learner.id
    return act(token, "address-dropped", lambda: addresses.drop_change(identifier))


@blueprint.get(CONFIRMATION)
def new_confirmation(token: str) -> str:
    learner = _found(addresses.find_change, token)
    return render_template("registration/new_confirmation.html", token=token, address=learner.email_pending)


@blueprint.post(CONFIRMATION)
def create_confirmation(token: str) -> Any:
    return back(page_token(_found(addresses.confirm_change, token)), done="address")


@blueprint.get(RECOVERY)
def new_recovery(token: str) -> str:
    learner = _found(addresses.find_recovery, token)
    return render_template("registration/new_recovery.html", token=token, learner=learner)


@blueprint.post(RECOVERY)
def create_recovery(token: str) -> Any:
    return back(page_token(_found(addresses.take_back, token)), done="recovered")


@blueprint.get(f"{PAGE}/link")
def new_link(token: str) -> str:
    person_behind(token)
    return render_template("registration/new_link.html", token=token)


@blueprint.post(f"{PAGE}/link")
def create_link(token: str) -> Any:
    learner = addresses.renew_link(person_behind(token).learner.id)
    return back(page_token(learner), done="link")


@blueprint.post(f"{PAGE}/feed")
def create_feed(token: str) -> Any:
    identifier = person_behind(token).learner.id
    return act(token, "feed", lambda: addresses.renew_feed(identifier))


def _found(find: Callable[[str], Learner], token: str) -> Learner:
    try:
        return find(token)
    except LinkUnknown as unknown:
        refuse_link(unknown)


def _address_page(token: str, learner: Learner, form: NewAddressForm) -> str:
    return render_template("registration/edit_address.html", token=token, learner=learner, form=form)
