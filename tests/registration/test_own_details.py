"""The personal page: details, answers, language, clock and news, put right by the learner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.clock import now
from sets.database import db
from sets.registration import consents, retention
from sets.registration.keys import page_token
from sets.registration.models import Consent, Learner, LearnerNeed, LearnerWord, Registration
from tests import factories
from tests.page_rules import words
from tests.pages import submit, visit
from tests.questionnaires.asking import a_question, a_version, ask
from tests.registration.letters_read import posted

pytestmark = pytest.mark.usefixtures("catalogue", "clock")


@pytest.fixture
def amina():
    return factories.learner("amina@example.org", first_name="Amina", last_name="Benali", language="en")


def link_of(person):
    address = f"/en/my/{page_token(person)}"
    db.session.rollback()
    return address


def stored(*columns):
    db.session.rollback()
    return db.session.execute(select(*columns)).one()


def standing_consents():
    db.session.rollback()
    return set(db.session.scalars(select(Consent.kind).where(Consent.withdrawn_at.is_(None))))


def test_details_are_corrected_and_the_team_finds_the_person_by_them(client, amina):
    page = visit(client, link_of(amina)).click("Correct my details")
    assert (page.value("first_name"), page.value("country")) == ("Amina", "FR")
    page = submit(page, form="details", last_name="Okafor", role="", country="BE")
    assert "Your details are up to date." in page.one("p", role="status").text
    assert stored(Learner.last_name, Learner.role, Learner.country) == ("Okafor", "", "BE")
    words = set(db.session.scalars(select(LearnerWord.word)))
    assert "okafor" in words
    assert "benali" not in words
    assert page.heading == "Hello Amina"
    assert posted("amina") == []


def test_what_is_missing_is_told_and_nothing_typed_is_lost(client, amina):
    page = visit(client, f"{link_of(amina)}/details")
    page = submit(page, form="details", first_name="", organisation="Les Tilleuls", status=422)
    assert page.title.startswith("Error")
    assert page.value("organisation") == "Les Tilleuls"
    assert stored(Learner.first_name)[0] == "Amina"


def test_needs_are_added_with_a_consent_and_withdrawn_by_emptying_them(client, amina):
    page = visit(client, f"{link_of(amina)}/details")
    refused = submit(page, form="details", needs="Subtitles", status=422)
    assert "Tick this box" in refused.text
    submit(page, form="details", needs="Subtitles", needs_consent=True)
    assert stored(LearnerNeed.text)[0] == "Subtitles"
    assert standing_consents() == {"needs"}
    page = visit(client, f"{link_of(amina)}/details")
    assert page.value("needs") == "Subtitles"
    submit(page, form="details", needs="")
    assert db.session.scalars(select(LearnerNeed.text)).all() == []
    assert standing_consents() == set()


def test_general_answers_and_those_of_a_training_are_corrected(client, amina):
    training = factories.training()
    general, own = ask(None, "goal"), ask(training.id, "level", options=("low", "high"))
    session = factories.training_session(training)
    factories.registration(session, amina)
    page = visit(client, f"{link_of(amina)}/details")
    page = submit(page, form="details", **{"q-goal": "To learn"})
    assert stored(Learner.answers)[0] == {str(general.id): "To learn"}
    page = page.click("My answers")
    page = submit(page, form="answers", **{"q-level": "high"})
    assert "Your answers are up to date." in page.one("p", role="status").text
    (answers,) = stored(Registration.answers)
    assert list(answers) == [str(own.id)]
    assert visit(client, f"{link_of(amina)}/details").value("q-goal") == "To learn"


def test_answers_that_depend_on_another_go_with_it_on_ones_own_page_too(client, amina):
    training = factories.training()
    public, body = a_question("public", "yes_no"), a_question("body")
    a_version(public, body, show_if={"body": (public, [True])}, required=("body",))
    town = a_question("town", training_id=training.id)
    a_version(town, training_id=training.id, show_if={"town": (public, [True])})
    factories.registration(factories.training_session(training), amina)
    page = visit(client, f"{link_of(amina)}/details")
    assert page.one("div", data_if="q-public").get("data-values") == "yes"
    submit(page, form="details", **{"q-public": "yes", "q-body": "Lyon"})
    page = visit(client, link_of(amina)).click("My answers")
    submit(page, form="answers", **{"q-town": "Lyon"})
    assert stored(Registration.answers)[0] == {str(town.id): "Lyon"}
    page = visit(client, f"{link_of(amina)}/details")
    submit(page, form="details", **{"q-public": "no"})
    assert stored(Learner.answers)[0] == {str(public.id): False}
    assert stored(Registration.answers)[0] == {}
    assert not visit(client, link_of(amina)).click("My answers").all("input", name="q-town")


def test_what_a_newer_form_asks_may_stay_open_and_what_it_asks_no_more_is_still_there(client, amina):
    old = ask(None, "goal", required=True)
    page = submit(visit(client, f"{link_of(amina)}/details"), form="details", **{"q-goal": "To learn"})
    new = ask(None, "dream", required=True)
    page = visit(client, f"{link_of(amina)}/details")
    assert page.value("q-goal") == "To learn"
    submit(page, form="details", last_name="Okafor")
    assert stored(Learner.answers)[0] == {str(old.id): "To learn"}
    submit(page, form="details", **{"q-dream": "A garden"})
    assert stored(Learner.answers)[0] == {str(old.id): "To learn", str(new.id): "A garden"}


def test_answers_stay_as_they_are_once_the_session_has_begun(client, amina, clock):
    training = factories.training()
    ask(training.id, "level")
    one = factories.registration(
        factories.training_session(training, starts=now() + timedelta(days=1)), amina
    )
    page = visit(client, f"{link_of(amina)}/registrations/{one.public_id}/answers")
    clock.shift(timedelta(days=1))
    late = submit(page, form="answers", status=409, **{"q-level": "High"})
    assert "its answers stay as they are" in late.one("p", role="alert").text
    assert late.value("q-level") == "High"
    assert stored(Registration.answers)[0] == {}
    assert "My answers" not in visit(client, link_of(amina)).text


def test_nobody_opens_or_changes_the_answers_of_somebody_else(client, amina):
    training = factories.training()
    ask(training.id, "level")
    theirs = factories.registration(factories.training_session(training))
    address = f"{link_of(amina)}/registrations/{theirs.public_id}/answers"
    assert client.get(address).status_code == 404
    assert client.post(address, data={"q-level": "x"}).status_code == 404


def test_language_clock_and_news_are_chosen_on_one_page(client, amina):
    page = visit(client, link_of(amina)).click("Choose language, clock and news")
    assert (page.value("mail_language"), page.value("time_zone")) == ("en", "Europe/Paris")
    chosen = {"mail_language": "es", "time_zone": "Europe/Lisbon", "news": True}
    page = submit(page, form="preferences", **chosen)
    assert "Hours on your clock: Lisbon time." in page.text
    assert "You receive news" in page.text
    assert stored(Learner.language, Learner.time_zone) == ("es", "Europe/Lisbon")
    assert standing_consents() == {"news"}
    version = stored(Consent.text_version_id)[0]
    assert version is not None
    submit(visit(client, f"{link_of(amina)}/preferences"), form="preferences", news=False)
    assert standing_consents() == set()
    assert stored(Consent.withdrawn_at)[0] is not None


def test_a_zone_that_does_not_exist_is_refused_in_words(client, amina):
    response = client.post(
        f"{link_of(amina)}/preferences", data={"mail_language": "xx", "time_zone": "Mars/Base"}
    )
    assert response.status_code == 422
    assert stored(Learner.time_zone)[0] == "Europe/Paris"


def test_each_clock_is_offered_once_and_sorted_as_people_read(client):
    person = factories.learner("bruno@example.org", language="fr", time_zone="Asia/Kolkata")
    page = visit(client, f"/fr/my/{page_token(person)}/preferences")
    named = [words(option) for option in page.field("time_zone").iter("option")]
    assert len(named) == len(set(named))
    assert "Heure du Caire" in named
    assert "Heure de Buenos Aires" in named
    assert page.value("time_zone") == "Asia/Kolkata"


def test_news_asked_for_twice_is_one_consent(client, amina):
    page = visit(client, f"{link_of(amina)}/preferences")
    for _press in range(2):
        submit(page, form="preferences", news=True)
    assert len(db.session.scalars(select(Consent)).all()) == 1
    assert consents.is_given(amina.id, "news")


def test_in_one_language_or_another_the_page_of_details_is_the_same(client, amina):
    link = link_of(amina)
    for code in ("fr", "es", "it"):
        assert visit(client, link.replace("/en/", f"/{code}/") + "/details").language == code


def test_a_clock_that_the_list_does_not_have_stays_when_something_else_is_chosen(client):
    person = factories.learner("bruno@example.org", language="en", time_zone="UTC")
    page = visit(client, f"{link_of(person)}/preferences")
    submit(page, form="preferences", mail_language="fr")
    assert stored(Learner.language, Learner.time_zone) == ("fr", "UTC")


def test_whoever_does_something_here_is_kept_anew_from_that_day(client, amina, clock):
    clock.shift(timedelta(days=700))
    submit(visit(client, f"{link_of(amina)}/details"), form="details", role="Coach")
    page = visit(client, link_of(amina))
    clock.shift(timedelta(days=100))
    assert retention.forget_learners() == 0
    assert "30 January 2030, unless you do something here before" in page.text
    clock.shift(timedelta(days=700))
    assert retention.forget_learners() == 1
