"""The pages of the outbox, and what the top of every staff page says about mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..http import asked_page
from ..mailing import hold, kinds
from ..mailing.transport import mode
from . import deliveries
from .activity_listing import name_subjects
from .deliveries import DeliveryFilter
from .guard import needs_role, signed_in_account, staff_blueprint
from .notices import Notice, staff_notice

blueprint = staff_blueprint("outbox", __name__, url_prefix="/staff/outbox")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)
    app.add_template_filter(deliveries.kind_words)
    app.add_template_filter(deliveries.reason_words)
    name_subjects("delivery", _name_deliveries)


@blueprint.get("")
def list_deliveries() -> Any:
    chosen = _chosen()
    page = deliveries.list_page(chosen, asked_page())
    return render_template(
        "staff/list_deliveries.html",
        chosen=chosen,
        page=page,
        state=deliveries.outbox_state(deliveries.today_began(signed_in_account().time_zone)),
        most=deliveries.MOST,
        kinds=sorted(((name, deliveries.kind_words(name)) for name in kinds.names()), key=lambda one: one[1]),
        held=_held(),
        mode=mode(current_app),
    )


@blueprint.get("/<uuid:public_id>")
def show_delivery(public_id: Any) -> Any:
    delivery = deliveries.delivery_of(str(public_id)) or abort(404)
    return render_template(
        "staff/show_delivery.html", delivery=delivery, letter=deliveries.readable_text(delivery)
    )


@blueprint.post("/<uuid:public_id>/retry")
def create_retry(public_id: Any) -> Any:
    if deliveries.send_again(str(public_id)):
        flash(_("The message is queued again."), "done")
    else:
        flash(_("This message is no longer one to send again."), "error")
    return redirect(url_for(".show_delivery", public_id=public_id), 303)


@blueprint.post("/<uuid:public_id>/arrival")
def create_arrival(public_id: Any) -> Any:
    if deliveries.note_arrived(str(public_id)):
        flash(_("Noted: the message arrived."), "done")
    else:
        flash(_("This message is no longer in doubt."), "error")
    return redirect(url_for(".show_delivery", public_id=public_id), 303)


@blueprint.get("/retries")
def new_retries() -> Any:
    failed = deliveries.outbox_state(deliveries.today_began(signed_in_account().time_zone)).failed
    return render_template("staff/new_retries.html", failed=failed, most=deliveries.MOST)


@blueprint.post("/retries")
def create_retries() -> Any:
    count = deliveries.send_again()
    flash(ngettext("One message is queued again.", "%(num)d messages are queued again.", count), "done")
    return redirect(url_for(".list_deliveries"), 303)


@blueprint.get("/release")
@needs_role("administrator")
def new_release() -> Any:
    if not (held := _held()):
        return redirect(url_for(".list_deliveries"))
    return render_template("staff/new_release.html", held=held, waiting=hold.waiting())


@blueprint.post("/release")
@needs_role("administrator")
def create_release() -> Any:
    deliveries.release_mail()
    flash(_("Mail is released: what waits leaves now."), "done")
    return redirect(url_for(".list_deliveries"), 303)


def _chosen() -> DeliveryFilter:
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    return DeliveryFilter(
        state=state if state in deliveries.FILTERS else "",
        kind=kind if kind in kinds.names() else "",
        to=request.args.get("to", "").replace("\0", "").strip()[:320],
    )


def _held() -> str:
    reason = hold.reason()
    return deliveries.hold_words(reason) if reason else ""


def _name_deliveries(ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    return {
        public_id: (words, url_for("outbox.show_delivery", public_id=public_id))
        for public_id, words in deliveries.titles(ids).items()
    }


@staff_notice
def _notice_of_mail() -> Notice | None:
    """Say when mail does not leave: on hold, no server, nobody who sends. The list says it itself, with more words."""
    if request.endpoint == "outbox.list_deliveries":
        return None
    url, link = url_for("outbox.list_deliveries"), _("Messages")
    if hold.reason():
        return {
            "text": _("Mail is on hold: nothing leaves until an administrator releases it."),
            "url": url,
            "link": link,
        }
    way = mode(current_app)
    if way == "nowhere":
        return {"text": _("No mail server is set: messages wait."), "url": url, "link": link}
    if way == "files":
        return {
            "text": _("No mail server is set: messages become files on this machine."),
            "url": url,
            "link": link,
        }
    if deliveries.is_late():
        return {
            "text": _("Messages wait although they could leave: is the worker running?"),
            "url": url,
            "link": link,
        }
    return None
