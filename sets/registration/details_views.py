"""A learner puts their details right, their answers, and how we write to them."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, render_template, request

from ..catalogue.showing import current_programme
from ..http import private_blueprint
from ..languages import current_language
from ..questionnaires.building import QuestionsForm
from . import changing, consents, corrections, phrases
from .acting import ONE, PAGE, act, back, own_standing
from .doors import person_behind
from .models import Learner, Registration
from .own_forms import OwnDetailsForm, PreferencesForm, answers_form
from .personal import find_registration
from .standing import Standing
from .transitions import RegistrationRefused

blueprint = private_blueprint("learner_details", __name__)


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(f"{PAGE}/details")
def edit_details(token: str) -> str:
    form = OwnDetailsForm(person_behind(token).learner, programme=current_programme())
    return render_template("registration/edit_details.html", form=form, token=token)


@blueprint.post(f"{PAGE}/details")
def update_details(token: str) -> Any:
    learner = person_behind(token).learner
    form = OwnDetailsForm(learner, programme=current_programme(), sent=request.form)
    if not form.validate():
        return render_template("registration/edit_details.html", form=form, token=token), 422
    values = {
        "language": current_language(),
        "needs": form.person.needs.data or "",
        **_answered(form.questions),
    }
    identifier = learner.id
    return act(token, "details", lambda: corrections.correct_details(identifier, form.details(), **values))


@blueprint.post(f"{PAGE}/details/typed")
def update_typed_details(token: str) -> Any:
    learner_id = person_behind(token).learner.id
    return act(token, "details", lambda: corrections.take_typed_details(learner_id) and "")


@blueprint.get(f"{ONE}/answers")
def edit_answers(token: str, public_id: Any) -> Any:
    standing = own_standing(token, public_id)
    if not changing.can_correct_answers(standing):
        return back(token, refused="answers_closed")
    form = _answers_form(find_registration(standing.id)) or abort(404)
    return _answers_page(token, standing, form)


@blueprint.post(f"{ONE}/answers")
def update_answers(token: str, public_id: Any) -> Any:
    standing = own_standing(token, public_id)
    form = _answers_form(find_registration(standing.id), request.form) or abort(404)
    if not form.validate():
        return _answers_page(token, standing, form), 422

    def refused(refusal: RegistrationRefused) -> Any:
        return _answers_page(token, standing, form, str(refusal)), 409

    values = _answered(form)
    return act(
        token, "answers", lambda: corrections.correct_answers(standing.public_id, **values), refused=refused
    )


@blueprint.get(f"{PAGE}/preferences")
def edit_preferences(token: str) -> str:
    learner = person_behind(token).learner
    return _preferences_page(
        token, PreferencesForm(programme=current_programme(), data=_preferences(learner))
    )


@blueprint.post(f"{PAGE}/preferences")
def update_preferences(token: str) -> Any:
    learner_id = person_behind(token).learner.id
    form = PreferencesForm(request.form, programme=current_programme())
    if not form.validate():
        return _preferences_page(token, form), 422
    values = {
        "language": str(form.mail_language.data),
        "time_zone": str(form.time_zone.data),
        "news": bool(form.news.data),
        "page_language": current_language(),
    }
    return act(token, "preferences", lambda: corrections.choose_preferences(learner_id, **values))


def _answers_form(registration: Registration, sent: Any = None) -> QuestionsForm | None:
    tag = sent.get("form_versions") if sent is not None else None
    given = registration.learner.answers if registration.learner else None
    return answers_form(
        registration.training_id, registration.form_version_id, registration.answers, sent, tag, given
    )


def _answered(form: QuestionsForm | None) -> dict[str, Any]:
    """Return what a form says of a scope's questions, as the use cases take it."""
    if form is None:
        return {}
    asked = [question.id for question in form.asked.questions]
    return {"answers": form.answers(), "asked": asked, "form_version_id": form.asked.version_id}


def _answers_page(token: str, standing: Standing, form: QuestionsForm, refusal: str = "") -> str:
    return render_template(
        "registration/edit_answers.html", one=standing, form=form, token=token, refusal=refusal, say=phrases
    )


def _preferences(learner: Learner) -> dict[str, Any]:
    return {
        "mail_language": learner.language,
        "time_zone": learner.time_zone,
        "news": consents.is_given(learner.id, "news"),
    }


def _preferences_page(token: str, form: PreferencesForm) -> str:
    return render_template("registration/edit_preferences.html", form=form, token=token)
