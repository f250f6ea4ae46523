"""The public's way in: the form, the receipt, and the page of a registration that was held."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, url_for
from markupsafe import escape

from ..catalogue import showing
from ..catalogue.page_cache import cached_page
from ..clock import now
from ..extensions import limiter
from ..http import private_page, visitor_address
from ..languages import current_language
from ..limiting import is_over
from ..questionnaires.building import live_forms, shown_forms
from ..tokens import make_token, read_token
from . import address_corrections, signing_up
from .calendar import published_calendar
from .choosing import gone_date, preselected
from .forms import RegistrationForm
from .learner_forms import NewAddressForm
from .opening import new_nonce, opened_now, seal_content
from .receipt import confirmed_sessions, read_outcome, receipt_of
from .transitions import RegistrationRefused
from .typos import likely_address

registration = Blueprint("registration", __name__, url_prefix="/<language:lang>")

# A training room shares one address.
LIMIT = "60 per 10 minutes"
# Stand in the kept page for what each visitor gets anew.
NONCE, OPENED = "~form-nonce~", "~form-opened~"
# The same in a receipt: whose it is, and its link.
PERSON, TOKEN = {"first_name": "~first-name~", "email": "~e-mail~"}, "~token~"
MARKS = re.compile("|".join((*PERSON.values(), TOKEN)))
MOST_RECEIPTS = 200


def _new_marks() -> dict[bytes, bytes]:
    nonce = new_nonce()
    return {NONCE.encode(): nonce.encode(), OPENED.encode(): opened_now(nonce).encode()}


def init_app(app: Flask) -> None:
    """Connect the views."""
    app.register_blueprint(registration)
    app.extensions["receipt_pages"] = {}


@registration.get("/register")
@cached_page(query=("session", "training"), fresh=_new_marks)
def new_registration() -> Any:
    snapshot = showing.snapshot()
    wanted = request.args.get("session", ""), request.args.get("training", "")
    form = RegistrationForm(
        snapshot, live_forms(), preselected=preselected(snapshot, *wanted, now()), marks=(NONCE, OPENED)
    )
    return render_template(
        "registration/new_registration.html", form=form, gone=gone_date(snapshot, wanted[0], now())
    )


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
    return private_page(Response(_receipt_page(_outcome(token), token)))


@registration.get("/receipts/<token>/address")
def edit_receipt_address(token: str) -> Any:
    return redirect(url_for(".show_receipt", token=token), 303)


@registration.post("/receipts/<token>/address")
def update_receipt_address(token: str) -> Any:
    public_id, form = _submission_of("receipt", token), NewAddressForm(request.form)
    if is_over(LIMIT, "registration", visitor_address()):
        abort(429)
    if not form.validate():
        return private_page(Response(_render_receipt(_outcome(token), token, form=form), 422))
    try:
        address_corrections.correct_address(public_id, str(form.email.data))
    except RegistrationRefused as refusal:
        return private_page(Response(_render_receipt(_outcome(token), token, refusal=str(refusal)), 409))
    return redirect(url_for(".show_receipt", token=token, done="address"), 303)


@registration.get("/receipts/<token>/calendar.ics")
def show_receipt_calendar(token: str) -> Any:
    sessions = confirmed_sessions(_outcome(token)) or abort(404)
    file = published_calendar(sessions, current_language())
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
        public_id = signing_up.release_held(*(read_token("held", token) or abort(404)))
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


def _outcome(token: str) -> dict[str, Any]:
    outcome = read_outcome(_submission_of("receipt", token))
    return outcome if outcome is not None else abort(404)


def _receipt_page(outcome: dict[str, Any], token: str) -> str:
    """Render a receipt; those that differ by the person alone are rendered once, with marks where the person stands."""
    snapshot, kept = showing.snapshot(), current_app.extensions["receipt_pages"]
    if likely_address(outcome["email"]) or request.args:
        return _render_receipt(outcome, token)
    key = (current_language(), snapshot.version, outcome["can_correct"], repr(outcome["results"]))
    if key not in kept:
        if len(kept) >= MOST_RECEIPTS:
            kept.clear()
        kept[key] = _render_receipt(outcome | PERSON, token).replace(token, TOKEN)
    own = {**{PERSON[name]: str(escape(outcome[name])) for name in PERSON}, TOKEN: token}
    return MARKS.sub(lambda mark: own[mark[0]], kept[key])


def _render_receipt(
    outcome: dict[str, Any], token: str, *, form: NewAddressForm | None = None, refusal: str = ""
) -> str:
    receipt = receipt_of(outcome, showing.snapshot())
    return render_template(
        "registration/show_receipt.html",
        receipt=receipt,
        token=token,
        form=form or NewAddressForm(data={"email": receipt.likely_address or ""}),
        refusal=refusal,
        is_corrected=request.args.get("done") == "address",
    )


def _submission_of(purpose: str, token: str) -> str:
    known = read_token(purpose, token)
    if known is None:
        abort(404)
    return known[0]


def _receipt_url(public_id: str) -> str:
    return url_for("registration.show_receipt", token=make_token("receipt", public_id))
