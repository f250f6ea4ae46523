"""What can be asked of the list: several things at once, each with several values, in an address and in a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from werkzeug.datastructures import MultiDict

from sets.clock import now
from sets.database import transaction
from sets.registration import listing
from sets.registration.desk_models import LearnerTag, Tag
from sets.registration.filtering import Filter
from sets.registration.models import LearnerNeed, Status
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in

WHOLE = (
    "training=a&training=b&session=any&status=waiting&status=offered&language=fr&country=IT&kind=other&tag=4"
    "&answer=12.34&received_from=2026-03-01&received_to=2026-03-31&zone=Europe%2FRome&returned=1&wants=it&q=benali"
    "&sort=name"
)


@pytest.fixture(autouse=True)
def site(app: Any) -> Any:
    return app


def asked(text: str, **options: Any) -> Filter:
    return Filter.from_query(MultiDict(parse_qsl(text)), **options)


def found(wanted: Filter | str, **options: Any) -> list[int]:
    wanted = wanted if isinstance(wanted, Filter) else asked(wanted, **options)
    rows = sorted(registration.id for registration, _learner in listing.list_page(wanted, 1))
    assert listing.count_exactly(wanted) == len(rows)
    return rows


def change(row: Any, **values: Any) -> None:
    with transaction() as store:
        stored = store.get_one(type(row), row.id)
        for name, value in values.items():
            setattr(stored, name, value)


def test_an_address_and_a_row_keep_the_whole_filter():
    wanted = asked(WHOLE)
    assert wanted.as_query() == WHOLE
    assert Filter.from_stored(wanted.as_stored()) == wanted
    assert wanted.as_stored()["training"] == ["a", "b"]
    assert wanted.as_stored()["country"] == "IT"
    assert Filter().as_stored() == {}


def test_the_log_keeps_choices_and_no_words():
    kept = asked(WHOLE + "&needs=1", with_needs=True).for_log()
    assert kept["q"] == "…"
    assert kept["status"] == "waiting, offered"
    assert "needs" not in kept


def test_each_value_goes_alone():
    left = asked("status=waiting&status=offered&q=x").without("status", "waiting")
    assert left.as_query() == "status=offered&q=x"
    assert left.without("q", "x").as_query() == "status=offered"


def test_several_values_of_a_part_find_all_of_theirs_and_parts_narrow_one_another():
    session = factories.training_session()
    people = [
        factories.learner(country=country, language=language, organisation_kind=kind)
        for country, language, kind in (
            ("IT", "it", "company"),
            ("FR", "fr", "company"),
            ("ES", "es", "mutual"),
        )
    ]
    rows = [
        factories.registration(session, person, status=status)
        for person, status in zip(people, (Status.CONFIRMED, Status.WAITING, Status.CANCELLED), strict=True)
    ]
    one, two, three = (row.id for row in rows)
    assert found("status=confirmed&status=waiting") == [one, two]
    assert found("country=IT&country=ES") == [one, three]
    assert found("language=fr&language=es&status=waiting") == [two]
    assert found("kind=company") == [one, two]
    assert found("kind=company&country=FR") == [two]
    assert found(f"session={session.public_id}&session=any&training={session.training.slug}") == [
        one,
        two,
        three,
    ]
    assert found("country=XX") == []


def test_what_many_have_in_common_is_found_the_same_way(monkeypatch):
    from sets.registration import criteria

    monkeypatch.setattr(criteria, "COMMON", 1)
    rows = [factories.registration(person=factories.learner(country="IT")).id for _ in range(3)]
    factories.registration(person=factories.learner(country="ES"))
    assert found("country=IT") == rows
    assert found(Filter(country="IT", sort="name")) == rows


def test_days_are_whole_on_the_readers_clock():
    rows = [factories.registration() for _ in range(3)]
    for row, hour in zip(rows, (22, 23, 0), strict=True):
        day = 28 if hour else 1
        change(row, created_at=datetime(2026, 2 if hour else 3, day, hour, 30, tzinfo=UTC))
    paris = {"zone": "Europe/Paris"}
    assert found("received_from=2026-03-01", **paris) == [rows[1].id, rows[2].id]
    assert found("received_to=2026-02-28", **paris) == [rows[0].id]
    assert found("received_from=2026-03-01&received_to=2026-03-01&zone=UTC", **paris) == [rows[2].id]
    assert found("received_from=yesterday") == []
    assert found("received_from=9999-12-31") == []


def test_one_answer_of_a_question_is_asked_for_wherever_it_is_kept():
    session = factories.training_session()
    several = factories.registration(session, answers={"7": [3, 4]})
    one = factories.registration(session, answers={"7": 4, "8": True})
    general = factories.registration(session, factories.learner(answers={"7": 4}))
    newer = factories.registration(session, factories.learner(answers={"7": 4}), answers={"7": 5})
    assert found("answer=7.4") == [several.id, one.id, general.id]
    assert found("answer=7.3&answer=7.5") == [several.id, newer.id]
    assert found("answer=7.4&answer=8.yes") == [one.id]
    assert found("answer=8.no") == []
    assert found("answer=x") == found("answer=7.x") == []


def test_returned_messages_tags_and_needs_are_asked_for():
    row, other = factories.registration(), factories.registration()
    change(row.learner, bounced_at=now())
    with transaction() as store:
        store.add(LearnerNeed(learner_id=row.learner_id, text="A ramp", consent_at=now()))
        tag = Tag(name="Press", key="press")
        store.add(tag)
        store.flush()
        number = tag.id
        store.add(LearnerTag(learner_id=other.learner_id, tag_id=number))
    assert found("returned=1") == [row.id]
    assert found(f"tag={number}") == [other.id]
    assert found("tag=999") == found("tag=x") == []
    assert found("needs=1", with_needs=True) == [row.id]


def test_only_the_screen_of_organisers_asks_for_needs(client):
    row = factories.registration()
    with transaction() as store:
        store.add(LearnerNeed(learner_id=row.learner_id, text="A ramp", consent_at=now()))
    assert found("needs=1") == []
    sign_in(client, "organiser")
    page = visit(client, "/staff/registrations?needs=1")
    assert "1 registration" in page.text
    assert not page.all("a", text="(Excel)")
    assert not page.all("a", text="Mail these people")
    assert b"A ramp" not in client.get("/staff/registrations.csv?needs=1").data
    assert len(client.get("/staff/registrations.csv?needs=1").data.splitlines()) <= 2
    other = client.application.test_client()
    sign_in(other, "coordinator")
    assert "Nobody matches these filters" in visit(other, "/staff/registrations?needs=1").text


def test_the_form_offers_the_parts_and_chips_take_them_away(client):
    session = factories.training_session()
    factories.registration(session, factories.learner(country="IT"))
    factories.registration(session, status=Status.WAITING)
    sign_in(client, "organiser")
    page = visit(client, "/staff/registrations")
    page = submit(page, {"status": ["confirmed", "waiting"], "country": "IT"}, form="filters")
    assert [link.get("href") for link in page.all("a", class_="chip")] == [
        "/staff/registrations?status=waiting&country=IT",
        "/staff/registrations?status=confirmed&country=IT",
        "/staff/registrations?status=confirmed&status=waiting",
    ]
    assert "1 registration" in page.text
    page = visit(client, page.all("a", class_="chip")[2].get("href"))
    assert "2 registrations" in page.text
    assert sorted(page.value("status")) == ["confirmed", "waiting"]


def test_a_day_that_cannot_be_read_is_said_at_its_field(client):
    sign_in(client, "organiser")
    page = visit(client, "/staff/registrations?received_from=3.3.2026")
    assert page.field("received_from").get("aria-invalid") == "true"
    assert page.value("received_from") == "3.3.2026"
    assert "Write the day as 2026-03-31." in page.text


def test_a_campaign_takes_the_whole_filter_along_and_keeps_it_when_it_is_saved(client):
    session = factories.training_session()
    for status in (Status.CONFIRMED, Status.WAITING, Status.CANCELLED):
        factories.registration(session, factories.learner(country="IT"), status=status)
    factories.registration(session, factories.learner(country="FR"))
    sign_in(client, "organiser")
    page = visit(client, "/staff/campaigns/new?status=confirmed&status=waiting&country=IT")
    assert "2 people" in page.text
    page = submit(page, form="begin", start="blank")
    page = visit(client, page.path.replace("/edit", "/audience"))
    assert "People with a confirmed place or People on the waiting list" in page.text
    assert "2 people" in page.text
    page = submit(page, button="Save", name="Both")
    assert "2 people" in visit(client, page.path).text
