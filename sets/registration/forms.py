"""The registration form as a whole: the trainings, their questions, the person. Everything typed stays in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from ..catalogue.showing import Snapshot
from ..clock import now
from ..languages import current_language
from ..questionnaires.building import AskedForm, QuestionsForm, version_tag
from .applying import Application, Choice
from .choosing import Pick
from .details_forms import DetailsForm, LanguagesForm
from .opening import known_nonce, opened_now, seconds_open
from .transitions import RegistrationRefused
from .typos import likely_address


class Problem:
    """An error that belongs to no single field, for the summary on top: the words, and where they lead."""

    type = ""

    def __init__(self, identifier: str, words: str) -> None:
        self.id, self.errors = identifier, [words]


class RegistrationForm:
    """Bound to what was sent (`sent`), or empty; `asked` are the versions of the questions, by scope.

    An empty one carries `marks` instead of its nonce and time, which the page gets at each visit.
    Iterating gives every field in the page's order, as the error summary wants them.
    """

    form_errors: tuple[str, ...] = ()

    def __init__(
        self,
        snapshot: Snapshot,
        asked: Mapping[int | None, AskedForm],
        *,
        sent: MultiDict[str, str] | None = None,
        preselected: Mapping[str, str] | None = None,
        marks: tuple[str, str] = ("", ""),
    ) -> None:
        self.snapshot, self.asked, self.sent = snapshot, dict(asked), sent
        values = sent if sent is not None else MultiDict(preselected or {})
        moment = now()
        alone = len(snapshot.trainings) == 1
        self.picks = [Pick(training, values, moment, alone) for training in snapshot.trainings]
        self.details = DetailsForm(sent, programme=snapshot.programme)
        self.wanted = LanguagesForm(sent, programme=snapshot.programme)
        self._questions: dict[int | None, QuestionsForm] = {}
        self.missing_choice: Problem | None = None
        self.nonce, self.opened = marks
        if sent is not None:
            self.nonce = known_nonce(sent.get("form_nonce", ""))
            self.opened = sent.get("opened", "")[:60] or opened_now(self.nonce)

    @property
    def chosen(self) -> list[Pick]:
        """The trainings that were chosen."""
        return [pick for pick in self.picks if pick.is_chosen]

    @property
    def general(self) -> QuestionsForm | None:
        """The questions that everybody is asked."""
        return self.questions_of(None)

    def questions_of(self, scope: int | None) -> QuestionsForm | None:
        """Return the questions of a training (None: the general ones); bound when first asked for."""
        asked = self.asked.get(scope)
        if asked is None or not asked.questions:
            return None
        if scope not in self._questions:
            beside = self.general if scope is not None else None
            self._questions[scope] = QuestionsForm(asked, current_language(), self.sent, beside=beside)
        return self._questions[scope]

    @property
    def is_branching(self) -> bool:
        """Whether a question of the page depends on the answer to another."""
        forms = [self.questions_of(scope) for scope in self.asked]
        return any(form.is_branching for form in forms if form)

    @property
    def versions(self) -> str:
        """The versions of the questions, as they travel in the form."""
        return version_tag(self.asked)

    @property
    def errors(self) -> dict[str, list[str]]:
        """Every error, by the field's id; empty while all is well."""
        return {field.id: list(field.errors) for field in self if field.errors}

    @property
    def likely_address(self) -> str | None:
        """The address that was probably meant, when the one typed looks like a slip."""
        return None if self.details.email.errors else likely_address(self.details.email.data or "")

    @property
    def trapped(self) -> bool:
        """Whether the field that nobody meets was filled."""
        return bool((self.details.comment.data or "").strip())

    @property
    def seconds_open(self) -> int | None:
        """For how long the form was open; None when nobody can tell."""
        return seconds_open(self.nonce, self.opened)

    def __iter__(self) -> Iterator[Any]:
        if self.missing_choice:
            yield self.missing_choice
        for pick in self.picks:
            yield pick
            yield from self.questions_of(pick.training.id) or ()
        yield from self.wanted
        yield from self.details
        if self.general:
            yield from self.general

    def validate(self) -> bool:
        """Check everything that counts: the questions of a training only where it was chosen."""
        asked = [self.questions_of(scope) for scope in (None, *(pick.training.id for pick in self.chosen))]
        verdicts = [form.validate() for form in (self.details, *asked) if form is not None]
        self._repair_languages()
        if not self.chosen and self.picks and not any(pick.errors for pick in self.picks):
            words = gettext("Choose at least one training: a date, or “Tell me when there is a date”.")
            self.missing_choice = Problem(self.picks[0].first_id, words)
        return all(verdicts) and bool(self.chosen) and not any(pick.errors for pick in self.picks)

    def refuse(self, refusal: RegistrationRefused) -> None:
        """Show a refusal of the workflow where it belongs."""
        for pick in self.chosen:
            if refusal.training_id in (None, pick.training.id):
                pick.errors = [str(refusal)]

    def application(self) -> Application:
        """Return what the workflow takes; to be called on a valid form."""
        return Application(
            form_nonce=self.nonce,
            page_language=current_language(),
            choices=tuple(self._choice(pick) for pick in self.chosen),
            answers=self.general.answers() if self.general else {},
            form_version_id=self.general.asked.version_id if self.general else None,
            **self.details.values(),
        )

    def _choice(self, pick: Pick) -> Choice:
        questions = self.questions_of(pick.training.id)
        return Choice(
            training_id=pick.training.id,
            session_id=pick.session.id if pick.session else None,
            languages=() if pick.session else self.wanted.values(),
            answers=questions.answers() if questions else {},
            form_version_id=questions.asked.version_id if questions else None,
        )

    def _repair_languages(self) -> None:
        """Leave out languages that the site does not offer: nobody can tick them, so nobody typed them."""
        offered = {code for code, *_rest in self.wanted.languages.iter_choices()}
        self.wanted.languages.data = [
            code for code in self.wanted.languages.data or () if code in offered
        ] or [current_language()]
