"""What a learner opens from our mails: the personal page, a lost link, the way into a meeting. No cookie at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import refresh

from ..catalogue.showing import snapshot
from ..clock import now
from ..forms import clean_text
from ..http import private_blueprint, visitor_address
from ..limiting import is_over
from ..mailing.links import page_url
from . import addresses, calendar, changing, joining, letters, personal, phrases, signing_up, workflow
from .acting import DONE, ONE, PAGE, act, back, own_standing
from .applying import LEARNER
from .consents import is_given
from .doors import person_behind, refuse_link
from .joining import DoorClosed, Doorway
from .keys import LinkUnknown, feed_token, join_token
from .learner_forms import CancellationForm, LinkForm
from .models import Learner
from .personal import Person
from .standing import Standing, standings_among, subjects_of
from .transitions import REFUSALS

blueprint = private_blueprint("learner", __name__)
# How often one connection may ask for links: a training room shares one.
LINKS_LIMIT = "60 per 10 minutes"


def init_app(app: Flask) -> None:
    """Connect the pages, and the mails that lead to them."""
    letters.init_app(app)
    app.register_blueprint(blueprint)


@blueprint.get(PAGE)
def show_learner(token: str) -> str:
    person = person_behind(token)
    return render_template(
        "registration/show_learner.html",
        person=person,
        token=token,
        done=DONE.get(request.args.get("done", ""), ""),
        refusal=REFUSALS.get(request.args.get("refused", "")),
        say=phrases,
        kept_until=personal.kept_until(person),
        other_details=personal.other_details(person.learner),
        gives_back=request.args.get("done") in ("cancelled", "left"),
        can_change=changing.can_change,
        can_correct_answers=changing.can_correct_answers,
        is_pending=addresses.is_pending(person.learner),
        messages_words=phrases.messages_words(person.learner, is_given(person.learner.id, "news")),
        feed_url=_feed_url(person.learner),
        lost=person.find(request.args.get("lost", "")),
        join_url=_join_url(person),
        brochures={training.id: training.brochure for training in snapshot().trainings},
    )


@blueprint.get(f"{ONE}/cancellation")
def new_cancellation(token: str, public_id: Any) -> Any:
    standing = own_standing(token, public_id)
    if not standing.is_current:
        return back(token, refused="no_transition")
    return _cancellation_page(token, standing, CancellationForm())


@blueprint.post(f"{ONE}/cancellation")
def create_cancellation(token: str, public_id: Any) -> Any:
    standing, form = own_standing(token, public_id), CancellationForm(request.form)
    if not form.validate():
        return _cancellation_page(token, standing, form), 422
    done = "left" if standing.status == "waiting" else "cancelled"
    reason = clean_text(form.reason.data)
    return act(token, done, lambda: workflow.cancel(standing.public_id, actor=LEARNER, reason=reason))


@blueprint.post(f"{ONE}/acceptance")
def create_acceptance(token: str, public_id: Any) -> Any:
    standing = own_standing(token, public_id)
    return act(token, "accepted", lambda: workflow.accept_offer(standing.public_id, actor=LEARNER))


@blueprint.post(f"{ONE}/refusal")
def create_refusal(token: str, public_id: Any) -> Any:
    standing = own_standing(token, public_id)
    return act(token, "declined", lambda: workflow.decline_offer(standing.public_id, actor=LEARNER))


@blueprint.get(f"{ONE}/calendar.ics")
def show_calendar(token: str, public_id: Any) -> Response:
    person = person_behind(token)
    return _calendar_file(person.find(str(public_id)), person.learner)


@blueprint.get("/<language:lang>/my")
def new_link_request() -> str:
    return render_template("registration/new_link_request.html", form=LinkForm())


@blueprint.post("/<language:lang>/my")
def create_link_request() -> Any:
    form = LinkForm(request.form)
    if is_over(LINKS_LIMIT, "link", visitor_address()):
        abort(429)
    if not form.validate():
        return render_template("registration/new_link_request.html", form=form), 422
    signing_up.request_link(str(form.email.data))
    return redirect(url_for("learner.show_link_request"), 303)


@blueprint.get("/<language:lang>/my/sent")
def show_link_request() -> str:
    return render_template("registration/show_link_request.html")


@blueprint.get("/join/<token>")
def show_join(token: str) -> str:
    return _show_doorway(_doorway(token), token)


@blueprint.get("/join/<token>/calendar.ics")
def show_join_calendar(token: str) -> Response:
    doorway = _doorway(token)
    standings = standings_among([doorway.registration_id or 0])
    return _calendar_file(standings[0] if standings else None, doorway.learner)


@blueprint.post("/join/<token>")
def create_attendance(token: str) -> Any:
    _doorway(token)
    try:
        doorway, room = joining.enter_room(token)
    except DoorClosed as closed:
        return _show_doorway(closed.doorway, token), 409
    return _show_doorway(doorway, token, room)


def _cancellation_page(token: str, standing: Standing, form: CancellationForm) -> str:
    return render_template(
        "registration/new_cancellation.html",
        one=standing, token=token, say=phrases, form=form, can_change=changing.can_change,
    )  # fmt: skip


def _doorway(token: str) -> Doorway:
    """Return where the link leads, and speak its learner's language from here on: the address names none."""
    try:
        doorway = joining.find_doorway(token)
    except LinkUnknown as unknown:
        refuse_link(unknown)
    g.lang = doorway.learner.language
    refresh()
    return doorway


def _calendar_file(standing: Standing | None, learner: Learner) -> Response:
    if standing is None or not (standing.has_place and standing.hours):
        abort(404)
    response = make_response(calendar.personal_calendar(standing, learner))
    response.content_type = "text/calendar; charset=utf-8; method=PUBLISH"
    response.headers["Content-Disposition"] = f'attachment; filename="{standing.subject.slug}.ics"'
    return response


def _feed_url(learner: Learner) -> str:
    """Return the whole address of a learner's calendar, for a program that does not know this site."""
    if "feeds.show_learner_feed" not in current_app.view_functions:
        return ""
    return page_url("feeds.show_learner_feed", token=feed_token(learner))


def _join_url(person: Person) -> Callable[[Standing], str]:
    """Return what gives the address of the way into a registration's meeting while its room is open, else nothing."""

    def address(standing: Standing) -> str:
        if not standing.can_enter or standing.next is None:
            return ""
        return url_for("learner.show_join", token=join_token(person.learner, standing.next.public_id))

    return address


def _show_doorway(doorway: Doorway, token: str, room: str = "") -> str:
    return render_template(
        "registration/show_join.html",
        doorway=doorway,
        room=room,
        token=token,
        has_begun=doorway.meeting.starts_at <= now(),
        subject=subjects_of([doorway.session.training_id])[doorway.session.training_id],
        own_clock=phrases.own_clock(
            doorway.meeting.starts_at, doorway.session.time_zone, doorway.learner.time_zone
        ),
    )
