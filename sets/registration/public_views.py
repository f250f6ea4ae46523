"""The public's way in: the form, the receipt, and the page of a registration that was held."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for

from ..catalogue import showing
from ..catalogue.page_cache import cached_page
from ..clock import now
from ..extensions import limiter
from ..http import private_page, visitor_address
from ..languages import current_language
from ..limiting import is_over
from ..questionnaires.building import live_forms, shown_forms
from ..tokens import make_token, read_token
from . import signing_up
from .calendar import published_calendar
from .choosing import preselected
from .forms import RegistrationForm
from .opening import new_nonce, opened_now, seal_content
from .receipt import Receipt, read_receipt
from .transitions import RegistrationRefused

registration = Blueprint("registration", __name__, url_prefix="/<language:lang>")

# A training room shares one address.
LIMIT = "60 per 10 minutes"
# Stand in the kept page for what each visitor gets anew.
NONCE, OPENED = "~form-nonce~", "~form-opened~"


def _new_marks() -> dict[bytes, bytes]:
    nonce = new_nonce()
    return {NONCE.encode(): nonce.encode(), OPENED.encode(): opened_now(nonce).encode()}


def init_app(app: Flask) -> None:
    """Connect the views."""
    app.register_blueprint(registration)


@registration.get("/register")
@cached_page(query=("session", "training"), fresh=_new_marks)
def new_registration() -> Any:
    snapshot = showing.snapshot()
    wanted = request.args.get("session", ""), request.args.get("training", "")
    form = RegistrationForm(
        snapshot, live_forms(), preselected=preselected(snapshot, *wanted, now()), marks=(NONCE, OPENED)
    )
    return render_template("registration/new_registration.html", form=form)


@registration.post("/register")
def create_registration() -> Any:
    form = RegistrationForm(
        showing.snapshot(), shown_forms(request.form.get("form_versions")), sent=request.form
    )
    if form.validate():
        try:
            return redirect(_receipt_url(_register(form)), 303)
        except RegistrationRefused as refusal:
            form.refuse(refusal)
    return render_template("registration/new_registration.html", form=form), 422


@registration.get("/receipts/<token>")
def show_receipt(token: str) -> Any:
    page = render_template("registration/show_receipt.html", receipt=_receipt(token), token=token)
    return private_page(Response(page))


@registration.get("/receipts/<token>/calendar.ics")
def show_receipt_calendar(token: str) -> Any:
    receipt = _receipt(token)
    if not receipt.has_calendar:
        abort(404)
    file = published_calendar(receipt.confirmed, current_language())
    response = private_page(Response(file, content_type="text/calendar; charset=utf-8; method=PUBLISH"))
    response.headers["Content-Disposition"] = 'attachment; filename="calendar.ics"'
    return response


@registration.get("/held/<token>")
def new_release(token: str) -> Any:
    _submission_of("held", token)
    return private_page(Response(render_template("registration/new_release.html")))


@registration.post("/held/<token>")
def create_release(token: str) -> Any:
    try:
        public_id = signing_up.release_held(_submission_of("held", token))
    except RegistrationRefused as refusal:
        page = render_template("registration/show_refusal.html", reason=str(refusal))
        return private_page(Response(page, 410 if refusal.reason == "not_found" else 409))
    return redirect(_receipt_url(public_id), 303)


def _register(form: RegistrationForm) -> str:
    """Register, or hold what looks like a machine's; being fast alone is no reason."""
    application = seal_content(form.application())
    if reason := _suspicion(form):
        return signing_up.hold(application, reason)
    return signing_up.register(application)


def _suspicion(form: RegistrationForm) -> str:
    if is_over(LIMIT, "registration", visitor_address()):
        return "limit"
    if form.trapped and limiter.enabled:
        return "trap" if form.seconds_open is None else f"trap after {form.seconds_open} s"
    return ""


def _receipt(token: str) -> Receipt:
    receipt = read_receipt(_submission_of("receipt", token), showing.snapshot())
    if receipt is None:
        abort(404)
    return receipt


def _submission_of(purpose: str, token: str) -> str:
    known = read_token(purpose, token)
    if known is None:
        abort(404)
    return known[0]


def _receipt_url(public_id: str) -> str:
    return url_for("registration.show_receipt", token=make_token("receipt", public_id))
