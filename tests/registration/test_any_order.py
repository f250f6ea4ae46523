"""Whatever people, the team and the clock do, in whatever order: the rules of places hold, and mails say so.

Each example is a list of steps for seven people and four sessions of one training. Most steps are refused at some
point: a refusal changes nothing, which the rules below would tell.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from sets.catalogue import planning
from sets.catalogue.models import SessionState, TrainingSession
from sets.catalogue.planning import Plan, PlannedMeeting, PlanRefused
from sets.clock import now
from sets.database import db
from sets.mailing.models import Delivery, DeliveryStatus
from sets.registration import clock_steps, erasure, queue, seating, session_changes, signing_up, workflow
from sets.registration.applying import LEARNER, Actor, Choice
from sets.registration.models import (
    ACTIVE,
    HOLDING,
    Learner,
    PlaceNotice,
    Registration,
    RegistrationEvent,
    Status,
)
from sets.registration.transitions import TRANSITIONS, RegistrationRefused
from tests import factories

from .signups import an_application

STAFF = Actor("staff", 1)
PEOPLE, SESSIONS = 7, 4
# Verb: the kinds of mail that may tell of it. Several things at once are told by the last one.
TOLD_BY = {
    "register": {"registration_received", "registration_restored"},
    "restore": {"registration_restored"},
    "offer": {"place_offered"},
    "fill": {"place_confirmed", "place_moved", "registration_pending"},
    "accept": {"place_confirmed", "place_moved"},
    "claim": {"place_confirmed", "place_moved"},
    "move": {"place_moved"},
    "decline": {"offer_declined"},
    "approve": {"place_confirmed"},
    "reject": {"registration_rejected"},
    "cancel": {"registration_cancelled"},
    "expire": {"offer_expired", "decision_missed", "wait_ended"},
    "session_cancelled": {"session_cancelled"},
    "session_moved": {"session_changed"},
}
ALL_KINDS = set().union(*TOLD_BY.values()) | {"place_free"}


class World:
    """One training, its four sessions and seven people, each known by a number."""

    def __init__(self) -> None:
        training = factories.training()
        self.training = training.id
        kinds = (
            {"capacity": 2, "starts": now() + timedelta(days=12)},
            {"capacity": 1, "starts": now() + timedelta(days=9), "filling": "automatic"},
            {"capacity": 1, "starts": now() + timedelta(days=6), "needs_approval": True},
            {"capacity": 1, "starts": now() + timedelta(days=4), "state": SessionState.DRAFT},
        )
        self.sessions = [factories.training_session(training, **values).id for values in kinds]
        self.names = [f"person{training.id}x{number}" for number in range(PEOPLE)]
        self.excused: Counter[int] = Counter()
        db.session.rollback()

    def row(self, person: int, number: int) -> str:
        """Return the public id of one of the person's registrations: the `number`th, round and round."""
        found = db.session.scalars(
            select(Registration.public_id)
            .join(Learner)
            .where(Learner.email == f"{self.names[person]}@example.org")
            .order_by(Registration.id)
        ).all()
        db.session.rollback()
        if not found:
            raise RegistrationRefused("not_found")
        return found[number % len(found)]

    def session(self, number: int) -> str:
        """Return the public id of a session."""
        found = db.session.get(TrainingSession, self.sessions[number])
        assert found is not None
        public_id = found.public_id
        db.session.rollback()
        return public_id

    def do(self, step: str, person: int, number: int, clock: object) -> None:
        """Take one step."""
        name, session = self.names[person], self.sessions[number]
        match step:
            case "register":
                signing_up.register(an_application(name, (self.training, session)))
            case "ask for any date":
                signing_up.register(an_application(name, Choice(self.training, None, ("fr",))))
            case "cancel":
                workflow.cancel(self.row(person, number), actor=LEARNER)
            case "accept":
                workflow.accept_offer(self.row(person, number), actor=LEARNER)
            case "decline":
                workflow.decline_offer(self.row(person, number), actor=LEARNER)
            case "undo":
                workflow.restore(self.row(person, number), actor=LEARNER, only_if_free=True)
            case "restore":
                workflow.restore(self.row(person, number), actor=STAFF)
            case "approve":
                workflow.approve(self.row(person, number), actor=STAFF)
            case "reject":
                workflow.reject(self.row(person, number), actor=STAFF)
            case "move":
                workflow.move(self.row(person, 0), self.session(number), actor=LEARNER)
            case "move by staff":
                workflow.move(self.row(person, 1), self.session(number), actor=STAFF)
            case "wait elsewhere":
                workflow.wait_elsewhere(self.row(person, 0), self.session(number), actor=LEARNER)
            case "to the front":
                row = self.row(person, number)
                first = self.row((person + 1) % PEOPLE, 0)
                workflow.reorder(row, first, actor=STAFF, reason="test")
            case "erase":
                learner = db.session.scalar(
                    select(Learner.public_id).where(Learner.email == f"{name}@example.org")
                )
                db.session.rollback()
                if learner:
                    erasure.erase_learner(learner, actor=STAFF)
            case "resize":
                self.change(number, capacity=person % 4)
            case "put off":
                self.change(number, delta=timedelta(days=1 + person % 3))
            case "publish" | "pause" | "resume" | "close":
                words = {
                    "publish": "publication",
                    "pause": "pause",
                    "resume": "resumption",
                    "close": "closure",
                }
                session_changes.step_session(self.session(number), words[step])
            case "cancel the session":
                session_changes.cancel_session(self.session(number), actor=STAFF)
            case "time passes":
                clock.shift(timedelta(hours=5 + 11 * person))  # type: ignore[attr-defined]

    def change(self, number: int, *, delta: timedelta = timedelta(), **changes: int) -> None:
        """Change places or dates of a session by the form's own verb."""
        session = planning.read_session(self.session(number))
        names = ("training_id", "language", "time_zone", "capacity", "needs_approval", "filling")
        meetings = tuple(
            PlannedMeeting(one.starts_at + delta, one.ends_at + delta, "", one.id) for one in session.meetings
        )
        plan = Plan(**{name: getattr(session, name) for name in names}, meetings=meetings)
        revision, taken = session.revision, session.places_taken
        db.session.rollback()
        capacity = changes.get("capacity", plan.capacity)
        if capacity is not None and capacity < taken:
            self.excused[session.id] = taken
        session_changes.change_session(session.public_id, replace(plan, **changes), revision, actor=STAFF)


STEPS = [
    *["register"] * 5, *["ask for any date"] * 2, *["cancel"] * 3, *["accept"] * 3, "decline", "undo", "restore",
    "approve", "reject", "move", "move by staff", "wait elsewhere", "to the front", "erase", "resize", "put off",
    "publish", "pause", "resume", "close", "cancel the session", *["time passes"] * 2,
]  # fmt: skip


@pytest.mark.slow
def test_the_rules_hold_whatever_happens_in_whatever_order(app, clock):
    start = now()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(
        st.lists(
            st.tuples(st.sampled_from(STEPS), st.integers(0, PEOPLE - 1), st.integers(0, SESSIONS - 1)),
            min_size=5,
            max_size=35,
        )
    )
    def play(steps):
        clock.move_to(start)
        world = World()
        for step, person, number in steps:
            last_event, last_mail = last(RegistrationEvent), last(Delivery)
            before = waiting_for(world.sessions[number])
            try:
                world.do(step, person, number, clock)
            except (RegistrationRefused, PlanRefused):
                assert (last(RegistrationEvent), last(Delivery)) == (last_event, last_mail), "a refusal wrote"
            check(world)
            check_nobody_jumps_the_queue(world, (step, person, number), before, last_event)
            check_mails(world, last_event, last_mail)
            while clock_steps.run_due():
                check(world)
            check(world)
            check_nobody_waits_beside_a_free_place(world)

    play()


def last(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.max(model.id))) or 0


def check(world: World) -> None:
    """Places taken are the registrations that hold one; one place a training, one row a session."""
    db.session.rollback()
    for session in db.session.scalars(
        select(TrainingSession).where(TrainingSession.training_id == world.training)
    ):
        rows = db.session.scalars(
            select(Registration).where(Registration.training_session_id == session.id)
        ).all()
        holding = sum(row.status in HOLDING for row in rows)
        assert session.places_taken == holding
        if session.capacity is not None and holding > session.capacity:
            assert holding <= world.excused[session.id], "more people than places, and nobody lowered them"
            world.excused[session.id] = holding
        people = [row.learner_id for row in rows if row.learner_id is not None]
        assert len(people) == len(set(people))
        if session.state == SessionState.CANCELLED:
            assert not any(row.status in ACTIVE for row in rows)
    held = db.session.execute(
        select(Registration.learner_id, func.count())
        .where(
            Registration.training_id == world.training,
            Registration.learner_id.is_not(None),
            Registration.status.in_((Status.CONFIRMED, Status.PENDING)),
            Registration.ended_at.is_(None),
        )
        .group_by(Registration.learner_id)
    ).all()
    assert all(count == 1 for _learner, count in held)
    for event in db.session.scalars(
        select(RegistrationEvent).where(RegistrationEvent.from_status.is_not(None))
    ):
        if event.verb in TRANSITIONS:
            assert event.to_status in TRANSITIONS[event.verb][Status(event.from_status)]
    db.session.rollback()


def waiting_for(session_id: int) -> set[int]:
    """Return the learners who wait for a session, where it gives places."""
    db.session.rollback()
    session = db.session.get(TrainingSession, session_id)
    assert session is not None
    found = {
        row.learner_id for row in queue.everyone_waiting(session.id, session.training_id, session.language)
    }
    db.session.rollback()
    return found


def check_nobody_jumps_the_queue(
    world: World, taken: tuple[str, int, int], before: set[int], last_event: int
) -> None:
    """Who comes by a door of their own while others wait has no place there."""
    step, person, number = taken
    if step not in ("register", "undo", "restore", "move", "move by staff"):
        return
    db.session.rollback()
    learner_id = db.session.scalar(
        select(Learner.id).where(Learner.email == f"{world.names[person]}@example.org")
    )
    came = db.session.scalars(
        select(RegistrationEvent)
        .join(Registration, Registration.id == RegistrationEvent.registration_id)
        .where(
            Registration.learner_id == learner_id,
            Registration.training_session_id == world.sessions[number],
            RegistrationEvent.verb.in_(("register", "restore", "move")),
            RegistrationEvent.id > last_event,
        )
        .order_by(RegistrationEvent.id.desc())
    ).first()
    others = (before - {learner_id}) & waiting_for(world.sessions[number])
    if came is not None and others:
        assert came.to_status in (Status.WAITING, Status.CANCELLED), "somebody passed those who wait"
    db.session.rollback()


def check_mails(world: World, last_event: int, last_mail: int) -> None:
    """Who was concerned by a step is told once, by a mail that fits; who was not is not written to."""
    db.session.rollback()
    concerned: dict[int, set[str]] = {}
    rows = db.session.execute(
        select(Registration.learner_id, RegistrationEvent.verb)
        .join(Registration, Registration.id == RegistrationEvent.registration_id)
        .where(
            RegistrationEvent.id > last_event, RegistrationEvent.mailed, Registration.learner_id.is_not(None)
        )
    )
    for learner_id, verb in rows:
        concerned.setdefault(learner_id, set()).update(TOLD_BY.get(verb, set()))
    mails = db.session.execute(
        select(Delivery.learner_id, Delivery.kind, Delivery.status, Delivery.facts).where(
            Delivery.id > last_mail
        )
    ).all()
    standing = [mail for mail in mails if mail.status == DeliveryStatus.QUEUED]
    for learner_id, kinds in concerned.items():
        told = [mail.kind for mail in standing if mail.learner_id == learner_id]
        assert len(told) == 1, (told, kinds)
        assert told[0] in kinds
    for mail in standing:
        unchanged = mail.kind == "registration_received" and not mail.facts["changed"]
        assert mail.learner_id in concerned or unchanged or mail.kind == "place_free"
        assert mail.kind in ALL_KINDS
    unsent = db.session.execute(
        select(Delivery.learner_id, func.count())
        .where(
            Delivery.status == DeliveryStatus.QUEUED, Delivery.kind.in_(ALL_KINDS - {"registration_received"})
        )
        .group_by(Delivery.learner_id)
    ).all()
    assert all(count == 1 for _learner, count in unsent), "two unsent mails speak of one training"
    db.session.rollback()


def check_nobody_waits_beside_a_free_place(world: World) -> None:
    """After the clock: who waits for a session with a free place was offered it, or told where it is first come."""
    db.session.rollback()
    moment = now()
    for session_id in world.sessions:
        session = db.session.get(TrainingSession, session_id)
        assert session is not None
        first = session.first_meeting
        if (
            session.state not in (SessionState.PUBLISHED, SessionState.CLOSED)
            or first is None
            or first.starts_at <= moment
        ):
            continue
        if session.capacity is not None and session.places_taken >= session.capacity:
            continue
        waiting = {
            row.id for row in queue.everyone_waiting(session.id, session.training_id, session.language)
        }
        told = set(
            db.session.scalars(
                select(PlaceNotice.registration_id).where(PlaceNotice.training_session_id == session.id)
            )
        )
        is_soon = (
            session.filling == "offer"
            and not session.needs_approval
            and (first.starts_at - moment <= seating.LAST_HOURS)
        )
        assert waiting <= (told if is_soon else set())
    db.session.rollback()
