"""The form on its page: what can be chosen, what is kept when something is wrong, what is stored when all is well."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from sets.catalogue.models import Training, TrainingSession
from sets.catalogue.versions import bump_catalogue_version
from sets.clock import now
from sets.database import transaction
from sets.registration.models import Status
from tests import factories
from tests.page_rules import words
from tests.pages import submit, visit
from tests.questionnaires.asking import a_question, a_version
from tests.registration.public import (
    AI,
    DIGITAL,
    SOCIAL,
    errors,
    fill,
    learners,
    register,
    registrations,
)

pytestmark = pytest.mark.usefixtures("clock", "catalogue")


@pytest.fixture
def social(catalogue):
    return factories.training_session(factories.training("social-economy"))


def changed():
    with transaction() as session:
        bump_catalogue_version(session)


def close(session_id):
    with transaction() as session:
        session.execute(
            update(TrainingSession).where(TrainingSession.id == session_id).values(state="closed")
        )


def radios(page, name):
    return {radio.get("value"): radio.get("checked") is not None for radio in page.all("input", name=name)}


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_one_page_offers_every_training_in_every_language(client, social, language):
    page = visit(client, f"/{language}/register")
    assert radios(page, SOCIAL) == {social.public_id: False, "any": False, "": True}
    assert radios(page, AI) == {"any": False, "": True}
    assert page.value("mail_language") == language
    assert page.value("languages") == language


def test_a_person_registers_for_a_date_and_to_be_told_of_another(client, social):
    page = register(
        client,
        {SOCIAL: social.public_id, AI: "any", "languages": ["fr", "it"], "organisation": "Les Tilleuls",
         "organisation_kind": "cooperative", "role": "Formatrice", "country": "BE", "mail_language": "it",
         "source": "colleague", "news": True},
    )  # fmt: skip
    assert page.path.startswith("/fr/receipts/")
    [person] = learners()
    assert (person.first_name, person.last_name, person.email) == ("Zoé", "Lefèvre", "zoe@coop.example.org")
    assert (person.organisation, person.organisation_kind, person.role) == (
        "Les Tilleuls",
        "cooperative",
        "Formatrice",
    )
    assert (person.country, person.language, person.source) == ("BE", "it", "colleague")
    assert {consent.kind for consent in person.consents} == {"notice", "news"}
    first, second = registrations()
    assert (first.training_session_id, first.status) == (social.id, Status.CONFIRMED)
    assert (second.training_session_id, second.status, second.wants) == (None, Status.WAITING, ["fr", "it"])


def test_nothing_but_a_name_an_address_and_a_training_is_needed(client, social):
    response = client.post(
        "/en/register",
        data={"first_name": "Ana", "last_name": "Sol", "email": "ana@example.org", AI: "any"},
    )
    assert response.status_code == 303
    [person] = learners()
    assert (person.language, person.time_zone, person.country) == ("en", "Europe/Paris", "")
    assert registrations()[0].wants == ["en"]


@pytest.mark.parametrize(
    ("zone", "country", "stored"),
    [
        ("America/New_York", "FR", "America/New_York"),
        ("", "GR", "Europe/Athens"),
        ("../../etc/passwd", "PT", "Europe/Lisbon"),
        ("", "US", "Europe/Paris"),
        ("Nowhere/Else", "", "Europe/Paris"),
    ],
)
def test_the_time_zone_is_the_browsers_else_the_countrys_else_the_programmes(client, zone, country, stored):
    register(client, {AI: "any", "country": country}, forged={"time_zone": zone})
    assert learners()[0].time_zone == stored


def test_what_is_missing_is_listed_linked_and_everything_typed_is_kept(client, social):
    page = register(
        client,
        {SOCIAL: social.public_id, "first_name": "", "last_name": "O’Brien <b>", "email": "zoe@coop", "country": "SI",
         "needs": "Des sous-titres\net des pauses", "news": True, "q-expectations": "Mesurer l’impact"},
        status=422,
    )  # fmt: skip
    assert page.title.startswith(("Erreur", "Error"))
    assert list(errors(page)) == ["first_name", "email", "needs_consent"]
    assert page.one("div", class_="summary").get("autofocus") is not None
    for name in errors(page):
        field = page.field(name)
        assert field.get("aria-invalid") == "true"
        assert field.get("aria-describedby", "").split()[-1] == f"{name}-error"
    kept = {
        "last_name": "O’Brien <b>",
        "email": "zoe@coop",
        "country": "SI",
        "q-expectations": "Mesurer l’impact",
    }
    assert {name: page.value(name) for name in kept} == kept
    assert page.value("needs") == "Des sous-titres\net des pauses"
    assert page.value("news") is not None
    assert radios(page, SOCIAL)[social.public_id]
    assert learners() == []
    submit(page, form="registration", first_name="Zoé", email="zoe@coop.org", needs_consent=True)
    assert learners()[0].need.text == "Des sous-titres\net des pauses"


def test_at_least_one_training_must_be_chosen(client):
    page = register(client, {}, status=422)
    assert list(errors(page)) == [f"{SOCIAL}-0"]
    assert page.field(SOCIAL).get("id") == f"{SOCIAL}-0"


def test_a_full_session_can_be_chosen_for_its_waiting_list(client):
    session = factories.training_session(factories.training("social-economy"), capacity=1)
    factories.registration(session)
    register(client, {SOCIAL: session.public_id})
    assert registrations()[-1].status == Status.WAITING


@pytest.mark.parametrize(
    "values", [{"state": "paused"}, {"state": "closed"}, {"opens_at": timedelta(days=2)}], ids=str
)
def test_a_session_that_is_not_open_is_told_but_cannot_be_chosen(client, values):
    values = {key: now() + value if isinstance(value, timedelta) else value for key, value in values.items()}
    session = factories.training_session(factories.training("social-economy"), **values)
    page = visit(client, f"/fr/register?session={session.public_id}")
    assert radios(page, SOCIAL) == {"any": True, "": False}
    assert len(page.one("ul", class_="choices-closed")) == 1


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_a_draft_or_cancelled_session_is_not_on_the_form(client, state):
    factories.training_session(factories.training("social-economy"), state=state)
    page = visit(client, "/fr/register")
    assert radios(page, SOCIAL) == {"any": False, "": True}
    assert page.all("ul", class_="choices-closed") == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": "cancelled"}, "Cette session n’a pas lieu."),
        ({"starts": timedelta(days=-1)}, "Les inscriptions à cette date se sont closes entre-temps."),
        ({"starts": timedelta(days=-400)}, "Cette date n’existe plus."),
    ],
    ids=["cancelled", "over", "over for long"],
)
def test_an_old_link_to_a_session_that_is_no_more_says_so(client, values, said):
    values = {key: now() + value if isinstance(value, timedelta) else value for key, value in values.items()}
    session = factories.training_session(factories.training("social-economy"), **values)
    page = visit(client, f"/fr/register?session={session.public_id}")
    assert said in words(page.one("div", class_="notice"))
    assert visit(client, "/fr/register").all("div", class_="notice") == []


def test_a_session_that_closes_meanwhile_is_explained_and_stays_chosen(client, social):
    page = visit(client, "/fr/register")
    close(social.id)
    changed()
    page = fill(page, {SOCIAL: social.public_id, DIGITAL: "any"}, status=422)
    assert list(errors(page)) == [f"{SOCIAL}-0"]
    assert radios(page, SOCIAL) == {social.public_id: True, "any": False, "": False}
    assert learners() == []
    submit(page, {SOCIAL: ""}, form="registration")
    assert [one.status for one in registrations()] == [Status.WAITING]


def test_a_session_that_closes_under_the_form_is_refused_by_the_workflow(client, social):
    # The picture of the catalogue is still the old one: the row says otherwise, and the row decides.
    page = visit(client, "/fr/register")
    close(social.id)
    page = fill(page, {SOCIAL: social.public_id}, status=422)
    assert list(errors(page)) == [f"{SOCIAL}-0"]
    assert learners() == []


def test_the_address_preselects_a_session_or_a_training(client, social):
    english = factories.training_session(factories.training("social-economy"), language="en")
    page = visit(client, f"/fr/register?session={english.public_id}")
    assert radios(page, SOCIAL)[english.public_id]
    assert radios(visit(client, "/fr/register?training=social-economy"), SOCIAL)[social.public_id]
    assert radios(visit(client, "/en/register?training=social-economy"), SOCIAL)[english.public_id]
    assert radios(visit(client, "/fr/register?training=artificial-intelligence"), AI)["any"]
    for nonsense in ("session=nothing", "training=nothing", "session=a&session=b"):
        assert radios(visit(client, f"/fr/register?{nonsense}"), SOCIAL)[""]


def test_the_questions_of_a_training_count_only_where_it_was_chosen(client):
    training = factories.training("artificial-intelligence")
    question = a_question("level", "choice", options=("none", "some"), training_id=training.id)
    a_version(question, number=7, training_id=training.id, required=("level",))
    changed()
    page = register(client, {AI: "any"}, status=422)
    assert list(errors(page)) == ["q-level-0"]
    submit(page, {"q-level": "some"}, form="registration")
    assert registrations()[0].answers == {str(question.id): question.options[1].id}
    register(client, {SOCIAL: "any", "email": "other@example.org"})
    assert registrations()[0].answers == {}


def test_a_form_opened_before_the_questions_changed_is_checked_against_what_it_showed(client):
    page = visit(client, "/fr/register")
    added = a_question("added")
    a_version(added, number=9, required=("added",))
    changed()
    assert fill(page, {AI: "any", "q-expectations": "Trier"}).path.startswith("/fr/receipts/")
    [person] = learners()
    assert list(person.answers.values()) == ["Trier"]
    assert list(errors(register(client, {AI: "any"}, status=422))) == ["q-added"]


def test_a_slip_in_the_address_is_pointed_out_and_blocks_nothing(client):
    page = register(client, {AI: "any", "first_name": "", "email": "zoe@gmial.com"}, status=422)
    assert list(errors(page)) == ["first_name"]
    assert "zoe@gmail.com" in page.text
    receipt = submit(page, form="registration", first_name="Zoé")
    assert "zoe@gmail.com" in receipt.text
    assert learners()[0].email == "zoe@gmial.com"


def test_one_training_alone_and_none_at_all_make_a_form_too(client):
    with transaction() as session:
        session.execute(update(Training).where(Training.slug != "social-economy").values(state="retired"))
        bump_catalogue_version(session)
    page = visit(client, "/fr/register")
    assert len(page.all("fieldset", class_="pick")) == 1
    assert radios(page, SOCIAL) == {"any": True}
    with transaction() as session:
        session.execute(update(Training).values(state="retired"))
        bump_catalogue_version(session)
    page = visit(client, "/fr/register")
    assert page.all("form") == []
    assert words(page.one("h1"))
    assert client.post("/fr/register", data={}).status_code == 422
