"""The first page of figures: registrations over time, by training, and how sessions filled."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

from babel.dates import format_skeleton
from flask_babel import gettext as _

from ..catalogue.labels import session_words, training_labels
from ..languages import LANGUAGES, current_language
from ..registration.models import HOLDING, Status
from ..registration.wording import status_words
from .counting import Span, count_over_time, count_states, span_of_time
from .figure import RATES, STACK, TIME, Cell, Drawn, Figure
from .rates import MOST, Rates, percent, read_rates, summed
from .scope import Scope, first_month, listing_query, this_month

# What a stacked bar tells apart: by the states, the others of a kind together.
PARTS = (
    (Status.CONFIRMED,),
    (Status.PENDING, Status.OFFERED),
    (Status.WAITING,),
    (Status.CANCELLED, Status.REJECTED, Status.EXPIRED),
)
# Sessions whose people one address can ask for.
MOST_LINKED = 40


def overview(scope: Scope) -> list[Figure]:
    """Return the figures of the page."""
    return [over_time(scope), by_training(scope), by_session(scope)]


def over_time(scope: Scope) -> Figure:
    """Return how many registrations came in each week or month."""
    spans = count_over_time(scope, *span_of_time(scope, first_month(), this_month()))
    total = sum(span.number for span in spans)
    rows = [
        (
            span_words(span),
            [
                Cell(
                    span.number,
                    scope.list_query(
                        received_from=span.begins.isoformat(),
                        received_to=span.ends.isoformat(),
                        zone=scope.zone,
                    ),
                )
            ],
        )
        for span in spans
    ]
    is_week = bool(spans) and spans[0].is_week
    return Figure(
        key="time",
        title=_("Registrations over time"),
        meaning=_(
            "Registrations by the week in which they came. Whoever was moved to another session counts once."
        )
        if is_week
        else _(
            "Registrations by the month in which they came. Whoever was moved to another session counts once."
        ),
        kind=TIME,
        drawn=[(_short_words(span), span.number) for span in spans],
        heads=[_("Week of") if is_week else _("Month"), _("Registrations")],
        rows=rows,
        total=total,
    )


def by_training(scope: Scope) -> Figure:
    """Return how many registrations each training has, by state."""
    counts, labels = count_states(scope), training_labels()
    by_id = {label.id: counts.get(label.id, Counter[str]()) for label in labels.values()}
    shown = [label for label in labels.values() if by_id[label.id] or not scope.training]
    states = [state for state in map(str, Status) if any(found[state] for found in by_id.values())]
    rows = []
    for label in shown:
        found = by_id[label.id]
        cells = [Cell(found[state], scope.list_query(training=label.slug, status=state)) for state in states]
        rows.append((label.short_title, [*cells, Cell(found.total(), scope.list_query(training=label.slug))]))
    return Figure(
        key="trainings",
        title=_("By training"),
        meaning=_("Registrations that came in the period, by what they are now."),
        kind=STACK,
        drawn=[(label.short_title, _parts(by_id[label.id])) for label in shown],
        heads=[_("Training"), *(status_words(state) for state in states), _("In all")],
        rows=rows,
        total=sum(found.total() for found in by_id.values()),
        parts=[_("With a place"), _("Being decided"), _("Waiting"), _("Given up or ended")],
    )


def by_session(scope: Scope) -> Figure:
    """Return how full each session is, and what became of its places."""
    rates, labels = read_rates(scope), training_labels()
    rows = []
    for one in rates:
        assert one.session is not None
        name = f"{labels[one.session.training_id].short_title}, {session_words(one.session)}"
        rows.append((name, _rate_cells(one, [one.session.public_id])))
    if len(rates) > 1:
        ids = [one.session.public_id for one in rates if one.session is not None]
        rows.append(
            (_("All these sessions"), _rate_cells(summed(rates), ids if len(ids) <= MOST_LINKED else []))
        )
    notes = []
    if len(rates) == MOST:
        notes.append(_("Only the last %(number)s sessions of the period are shown.", number=MOST))
    return Figure(
        key="sessions",
        title=_("How sessions filled"),
        meaning=_("Sessions that begin in the period, with everybody who registered for them, whenever that was."),
        kind=RATES,
        drawn=_drawn_rates(rows[-1][1]) if rows else [],
        heads=[
            _("Session"), _("Places"), _("Taken"), _("Capacity filled"), _("Waiting"),
            _("Had a place"), _("Gave it up"), _("Cancellation rate"),
            _("Expected"), _("Did not come"), _("No-show rate"),
        ],
        rows=rows,
        total=sum(one["had_place"] for one in rates),
        notes=notes,
    )  # fmt: skip


def span_words(span: Span) -> str:
    """Return a week by its days, a month by its name and year."""
    if span.is_week:
        first, last = _day(span.begins, "yMMMd"), _day(span.ends, "yMMMd")
        return first if first == last else f"{first} – {last}"
    return _day(span.begins, "yMMMM")


def _short_words(span: Span) -> str:
    return _day(span.begins, "MMMd" if span.is_week else "yMMM")


def _day(day: date, skeleton: str) -> str:
    moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day of the calendar, in no zone
    return format_skeleton(skeleton, moment, locale=LANGUAGES[current_language()].locale)


def _parts(states: Counter[str]) -> list[int]:
    return [sum(states[state] for state in part) for part in PARTS]


def _drawn_rates(cells: list[Cell]) -> list[tuple[str, Drawn]]:
    """Return the rates of a row, each with what it is a part of and the sentence that says so."""
    places, taken, filled, waiting, had, lost, cancelled, expected, absent, missing = cells
    return [
        (_("Capacity filled"), Drawn(filled, taken, places, _(
            "Places that are taken (confirmed, offered or awaiting approval), of the places that there are. Sessions "
            "without a limit are left out."
        ))),
        (_("Waiting"), Drawn(waiting, None, None, _("Registrations on the waiting lists of these sessions now."))),
        (_("Cancellation rate"), Drawn(cancelled, lost, had, _(
            "Of those who had a confirmed place, who gave it up. A move to another session is none, nor is a session "
            "that the team cancelled."
        ))),
        (_("No-show rate"), Drawn(missing, absent, expected, _(
            "Of those who had a place in a session that is over and whose attendance was noted, who was at none of its "
            "meetings and was not excused."
        ))),
    ]  # fmt: skip


def _rate_cells(rates: Rates, sessions: list[str]) -> list[Cell]:
    def query(**parts: object) -> str:
        return listing_query(session=sessions, **parts) if sessions else ""

    holding = [str(state) for state in HOLDING]
    # In a sum, what is taken leaves out the sessions without a limit: the list would show more.
    taken = query(status=holding) if rates.session is not None else ""
    return [
        Cell(rates.capacity if rates.capacity is not None else _("no limit")),
        Cell(rates["taken"], taken),
        Cell(percent(rates["taken"], rates.capacity), is_percent=True),
        Cell(rates["waiting"], query(status="waiting")),
        Cell(rates["had_place"], query(outcome="had_place")),
        Cell(rates["lost_place"], query(outcome="lost_place")),
        Cell(percent(rates["lost_place"], rates["had_place"]), is_percent=True),
        Cell(rates["expected"], query(outcome="expected")),
        Cell(rates["missed"], query(outcome="missed")),
        Cell(percent(rates["missed"], rates["expected"]), is_percent=True),
    ]
