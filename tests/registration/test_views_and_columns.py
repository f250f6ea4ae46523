"""The list as the team wants it: columns of one's own, views with a name for everybody."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.database import db, transaction
from sets.registration import columns, saved_lists
from sets.registration.desk_models import SavedView
from sets.registration.filtering import Filter
from sets.registration.models import Status
from tests import factories
from tests.pages import submit, visit
from tests.questionnaires.asking import ask
from tests.staff.signing import sign_in

LIST = "/staff/registrations"


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


def heads(page):
    return ["".join(one.itertext()).strip() for one in page.all("th", scope="col")]


def views():
    db.session.rollback()
    return list(db.session.scalars(select(SavedView)))


def test_columns_are_chosen_and_remembered_for_oneself(app, organiser):
    question = ask(None, "diet", options=("meat", "plants"))
    meat = question.options[0].id
    factories.registration(
        person=factories.learner(country="IT", organisation="Tre Fontane", answers={str(question.id): meat})
    )
    page = submit(visit(organiser, LIST), {"column": ["organisation", "country", "q_diet"]}, form="columns")
    assert heads(page)[-3:] == ["Organisation", "Country", "diet (en)"]
    assert "meat (en)" in page.text
    assert heads(visit(organiser, LIST))[-3:] == ["Organisation", "Country", "diet (en)"]
    page = submit(page, {"column": []}, form="columns")
    assert "Address" in heads(page)
    other = app.test_client()
    sign_in(other, "coordinator")
    assert "Country" not in heads(visit(other, LIST))


def test_a_view_is_kept_for_the_team_with_its_count_and_columns(app, organiser):
    session = factories.training_session()
    for status in (Status.CONFIRMED, Status.WAITING, Status.WAITING):
        factories.registration(session, status=status)
    submit(visit(organiser, LIST), {"column": ["role"]}, form="columns")
    page = submit(visit(organiser, f"{LIST}?status=waiting&sort=name&q=zoe"), form="view", name="Who  waits")
    assert "The view is kept." in page.text
    other = app.test_client()
    sign_in(other, "coordinator")
    page = visit(other, LIST).click("Who waits 2")
    assert "2 registrations" in page.text
    assert heads(page)[-1] == "Role"
    assert "q" not in views()[0].filter
    assert views()[0].filter == {"status": "waiting", "sort": "name"}


def test_a_name_is_given_once_and_what_was_typed_stays(organiser):
    page = visit(organiser, f"{LIST}?status=waiting")
    page = submit(page, form="view", name="Élan")
    page = submit(visit(organiser, f"{LIST}?status=pending"), form="view", name="elan", status=422)
    assert "Another view is called so." in page.text
    assert page.value("name") == "elan"
    page = submit(page, name="Another")
    assert {view.name: view.filter for view in views()}["Another"] == {"status": "pending"}
    submit(visit(organiser, f"{LIST}?status=pending"), form="view", name=" ", status=422)


def test_a_view_is_replaced_renamed_and_deleted(organiser):
    page = submit(visit(organiser, f"{LIST}?status=waiting"), form="view", name="Mine")
    view = views()[0].public_id
    page = submit(visit(organiser, f"{LIST}?status=offered&view={view}"), form="replace")
    assert views()[0].filter == {"status": "offered"}
    page = submit(page.click("Rename this view"), name="Ours")
    assert views()[0].name == "Ours"
    page = submit(page.click("Delete this view"))
    assert "The view is deleted." in page.text
    assert views() == []


def test_what_somebody_changed_meanwhile_is_not_overwritten(organiser):
    submit(visit(organiser, f"{LIST}?status=waiting"), form="view", name="Mine")
    view = views()[0]
    page = visit(organiser, f"{LIST}?status=offered&view={view.public_id}")
    saved_lists.replace_view(view.public_id, Filter(status=("pending",)), columns.DEFAULTS, revision=1)
    page = submit(page, form="replace")
    assert "Somebody changed this view meanwhile." in page.text
    assert views()[0].filter == {"status": "pending"}


def test_a_view_by_needs_is_for_organisers(app, organiser):
    submit(visit(organiser, f"{LIST}?needs=1"), form="view", name="To prepare")
    assert visit(organiser, LIST).all("a", text="To prepare")
    other = app.test_client()
    sign_in(other, "coordinator")
    assert not visit(other, LIST).all("a", text="To prepare")


def test_a_view_of_a_deleted_account_stays(organiser):
    submit(visit(organiser, f"{LIST}?status=waiting"), form="view", name="Mine")
    with transaction() as session:
        session.get_one(SavedView, views()[0].id).author_id = None
    assert visit(organiser, LIST).all("a", text="Mine")
