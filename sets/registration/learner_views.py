"""What a learner opens from our mails: the personal page, a lost link, the way into a meeting. No cookie at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
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
from ..http import private_page, visitor_address
from ..limiting import is_over
from . import calendar, corrections, joining, letters, personal, phrases, signing_up, workflow
from .applying import LEARNER
from .joining import DoorClosed, Doorway
from .keys import LinkUnknown, join_token
from .learner_forms import LinkForm
from .models import Learner
from .personal import Person
from .standing import Standing, standings_among, subjects_of
from .transitions import REFUSALS, RegistrationRefused

blueprint = Blueprint("learner", __name__)
PAGE = "/<language:lang>/my/<token>"
ONE = f"{PAGE}/registrations/<uuid:public_id>"
# How often one connection may ask for links: a training room shares one.
LINKS_LIMIT = "60 per 10 minutes"


def init_app(app: Flask) -> None:
    """Connect the pages, and the mails that lead to them."""
    letters.init_app(app)
    app.register_blueprint(blueprint)


@blueprint.after_request
def _keep_private(response: Response) -> Response:
    return private_page(response)


@blueprint.get(PAGE)
def show_learner(token: str) -> str:
    person = _person(token)
    return render_template(
        "registration/show_learner.html",
        person=person,
        token=token,
        done=request.args.get("done", ""),
        refusal=REFUSALS.get(request.args.get("refused", "")),
        say=phrases,
        kept=personal.kept_about(person),
        kept_until=personal.kept_until(person),
        other_details=personal.other_details(person.learner),
        join_url=_join_url(person),
        brochures={training.id: training.brochure for training in snapshot().trainings},
    )


@blueprint.get(f"{ONE}/cancellation")
def new_cancellation(token: str, public_id: Any) -> Any:
    person = _person(token)
    standing = person.find(str(public_id)) or abort(404)
    if not standing.is_current:
        return redirect(url_for("learner.show_learner", token=token, refused="no_transition"), 303)
    return render_template(
        "registration/new_cancellation.html", person=person, one=standing, token=token, say=phrases
    )


@blueprint.post(f"{ONE}/cancellation")
def create_cancellation(token: str, public_id: Any) -> Any:
    standing = _own(token, public_id)
    done = "left" if standing.status == "waiting" else "cancelled"
    return _act(token, done, lambda: workflow.cancel(standing.public_id, actor=LEARNER))


@blueprint.post(f"{ONE}/acceptance")
def create_acceptance(token: str, public_id: Any) -> Any:
    standing = _own(token, public_id)
    return _act(token, "accepted", lambda: workflow.accept_offer(standing.public_id, actor=LEARNER))


@blueprint.post(f"{ONE}/refusal")
def create_refusal(token: str, public_id: Any) -> Any:
    standing = _own(token, public_id)
    return _act(token, "declined", lambda: workflow.decline_offer(standing.public_id, actor=LEARNER))


@blueprint.get(f"{ONE}/calendar.ics")
def show_calendar(token: str, public_id: Any) -> Response:
    person = _person(token)
    return _calendar_file(person.find(str(public_id)), person.learner)


@blueprint.post(f"{PAGE}/details")
def update_details(token: str) -> Any:
    corrections.take_typed_details(_person(token).learner.id)
    return redirect(url_for("learner.show_learner", token=token, done="details"), 303)


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


def _act(token: str, done: str, act: Callable[[], None]) -> Any:
    """Do what the button says, note that the address is theirs, and go back to the page, which says what was done."""
    person = _person(token)
    learner_id, is_proven = person.learner.id, person.learner.proven_at is not None
    try:
        act()
    except RegistrationRefused as refused:
        return redirect(url_for("learner.show_learner", token=token, refused=refused.reason), 303)
    if not is_proven:
        workflow.prove_address(learner_id)
    return redirect(url_for("learner.show_learner", token=token, done=done), 303)


def _own(token: str, public_id: Any) -> Standing:
    return _person(token).find(str(public_id)) or abort(404)


def _person(token: str) -> Person:
    try:
        return personal.find_person(token)
    except LinkUnknown as unknown:
        _refuse(unknown)


def _doorway(token: str) -> Doorway:
    """Return where the link leads, and speak its learner's language from here on: the address names none."""
    try:
        doorway = joining.find_doorway(token)
    except LinkUnknown as unknown:
        _refuse(unknown)
    g.lang = doorway.learner.language
    refresh()
    return doorway


def _refuse(unknown: LinkUnknown) -> NoReturn:
    """Answer that the link leads nowhere, and where to ask for another one."""
    status = 410 if unknown.is_revoked else 404
    page = render_template("registration/show_unknown_link.html", is_revoked=unknown.is_revoked)
    abort(private_page(make_response(page, status)))


def _calendar_file(standing: Standing | None, learner: Learner) -> Response:
    if standing is None or not (standing.has_place and standing.hours):
        abort(404)
    response = make_response(calendar.personal_calendar(standing, learner))
    response.content_type = "text/calendar; charset=utf-8; method=PUBLISH"
    response.headers["Content-Disposition"] = f'attachment; filename="{standing.subject.slug}.ics"'
    return response


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
