"""The forms of an import: what each column is, what values stand for, a past session, and the last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from ..dates import zone_names
from ..forms import OneDisc, OneOf, Required, SiteForm
from ..languages import LANGUAGES
from .importing_columns import LEFT_OUT, Matching
from .importing_words import FIELDS, SEVERAL

BY_COLUMN = ""


class _Meta(SiteForm.Meta, DefaultMeta):
    """The base form's ways, for a form that is put together at run time."""


class MatchingForm(BaseForm):
    """One choice for each column, then for which training and session the lines are, and how dates are read."""

    def __init__(
        self, sent: Any, *, headings: Sequence[str], matching: Matching, targets: Sequence[tuple[str, str]],
        trainings: Sequence[tuple[str, str]], sessions: Mapping[str, Sequence[tuple[str, str]]],
        order: bool | None,
    ) -> None:  # fmt: skip
        self.matching, self.width, self.slugs = matching, len(headings), list(sessions)
        fields: dict[str, Any] = {}
        for index, heading in enumerate(headings):
            fields[f"column-{index}"] = OneOf(heading or _("Column %(n)s", n=index + 1))
        fields["training"] = OneOf(_l("Which training are the lines for?"))
        for slug in sessions:
            fields[f"session-{slug}"] = OneOf()
        fields["zone"] = OneOf(_l("Time zone of the file"))
        fields["order_of_dates"] = OneDisc(_l("How are dates like 03/04/2025 meant?"))
        super().__init__(fields, meta=_Meta())
        for index in range(self.width):
            self[f"column-{index}"].choices = [("", _("Leave it out")), *targets]
        self["training"].choices = [(BY_COLUMN, _("As the column “Training” says")), *trainings]
        for slug, choices in sessions.items():
            self[f"session-{slug}"].choices = [("", _("None: such a line is an error")), *choices]
        self["zone"].choices = [(name, name.replace("_", " ")) for name in sorted(zone_names())]
        self["order_of_dates"].choices = [
            ("day", _("3 April: the day first")),
            ("month", _("4 March: the month first")),
        ]
        # None: all the dates could be read either way, so that somebody has to say.
        self.order = order
        self.process(sent, data=self._present())

    def _present(self) -> dict[str, Any]:
        shown = {f"column-{index}": target for index, target in enumerate(self.matching.columns)}
        shown |= {f"session-{slug}": self.matching.sessions.get(slug, "") for slug in self.slugs}
        order = {True: "day", False: "month", None: ""}[self.matching.day_first]
        return shown | {
            "training": self.matching.training,
            "zone": self.matching.zone,
            "order_of_dates": order,
        }

    def validate(self, extra_validators: Any = None) -> bool:
        """Check that the columns make a person, that no two are the same, and that the training is said."""
        super().validate(extra_validators)
        chosen = self.columns()
        for index, target in enumerate(chosen):
            if target and target not in SEVERAL and target in chosen[:index]:
                field, other = self[f"column-{index}"], self[f"column-{chosen.index(target)}"]
                field.errors = [
                    _(
                        "“%(heading)s” and “%(other)s” cannot both be the same. Choose one of them.",
                        heading=field.label.text,
                        other=other.label.text,
                    )
                ]
        if "email" not in chosen:
            self["column-0"].errors = [_("Say which column is the e-mail address.")]
        elif not {"first_name", "last_name", "full_name"} & set(chosen):
            self["column-0"].errors = [_("Say which column is the name.")]
        if "training" not in chosen and not self["training"].data:
            self["training"].errors = [_("Choose a training, or the column that says it.")]
        if "session" not in chosen and not any(self[f"session-{slug}"].data for slug in self.slugs):
            # Where one is chosen: of the training that was said, or of the first; without trainings there is none.
            of = self["training"].data if self["training"].data in self.slugs else next(iter(self.slugs), "")
            at = f"session-{of}" if of else "training"
            said = _("Choose a session, or the column that says its date.")
            self[at].errors = [*self[at].errors, said]
        if self.order is None and not self["order_of_dates"].data:
            self["order_of_dates"].errors = [_("Say whether the day or the month comes first.")]
        return not any(field.errors for field in self)

    def columns(self) -> list[str]:
        """Return what each column was said to be."""
        return [self[f"column-{index}"].data or "" for index in range(self.width)]

    def result(self) -> Matching:
        """Return the matching, on a valid form; values that were settled stay with columns that stay the same."""
        columns, before = self.columns(), self.matching
        kept = {
            index: values
            for index, values in before.values.items()
            if index.isdecimal() and int(index) < len(columns)
            and int(index) < len(before.columns) and before.columns[int(index)] == columns[int(index)]
        }  # fmt: skip
        return Matching(
            columns=columns, zone=self["zone"].data, values=kept,
            training="" if "training" in columns else self["training"].data,
            sessions={slug: self[f"session-{slug}"].data for slug in self.slugs if self[f"session-{slug}"].data},
            day_first=self["order_of_dates"].data != "month" if self.order is None else self.order,
        )  # fmt: skip


class ValuesForm(BaseForm):
    """What each value stands for that no list has."""

    def __init__(self, sent: Any, asked: Sequence[tuple[str, str, str, Sequence[tuple[str, str]]]]) -> None:
        """Ask for each (column, key, value, choices)."""
        self.asked = list(asked)
        fields = {
            f"value-{number}": OneOf(value, [Required(_l("Say what this stands for, or leave it out."))])
            for number, (_column, _key, value, _choices) in enumerate(self.asked)
        }
        super().__init__(fields, meta=_Meta())
        for number, (_column, _key, _value, choices) in enumerate(self.asked):
            first = [SelectChoice("", _("Choose")), SelectChoice(LEFT_OUT, _("Leave it out"))]
            self[f"value-{number}"].choices = [
                *first,
                *(SelectChoice(code, words) for code, words in choices),
            ]
        self.process(sent)

    def result(self) -> dict[str, dict[str, str]]:
        """Return what was chosen: for each column, by the value's key."""
        found: dict[str, dict[str, str]] = {}
        for number, (column, key, _value, _choices) in enumerate(self.asked):
            found.setdefault(column, {})[key] = self[f"value-{number}"].data
        return found


class PastSessionForm(SiteForm):
    """A session that took place before this site knew of it."""

    training = OneOf(_l("Training"), [Required(_l("Choose a training."))])
    language = OneOf(_l("Language"), [Required(_l("Choose a language."))])
    day = DateField(_l("Day"), [Required(_l("Choose the day."))])
    begins = TimeField(_l("Begins at"), [Required(_l("Choose the hour."))])
    ends = TimeField(_l("Ends at"), [Required(_l("Choose the hour."))])

    def __init__(
        self, formdata: Any, *, trainings: Sequence[tuple[str, str]], zone: str, **values: Any
    ) -> None:
        super().__init__(formdata, data=values)
        self.zone = zone
        self.training.choices = list(trainings)
        self.language.choices = [(code, language.name) for code, language in LANGUAGES.items()]

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and that the day is one of our time."""
        super().validate(extra_validators)
        if self.day.data is not None and not 1990 <= self.day.data.year <= 2100:
            self.day.errors = [_("Choose a day and hours that are over.")]
        return not any(field.errors for field in self)

    def hours(self) -> tuple[datetime, datetime]:
        """Return when it began and ended, on a valid form."""
        zone = ZoneInfo(self.zone)
        begins, ends = self.begins.data, self.ends.data
        assert self.day.data is not None
        assert begins is not None
        assert ends is not None
        return (
            datetime.combine(self.day.data, begins, zone),
            datetime.combine(self.day.data, ends, zone),
        )


class ConfirmationForm(SiteForm):
    """Whether lines with errors are left out, and whether anybody is written to."""

    on_errors = OneDisc(_l("Lines with errors"), [Required()], default="leave_out")
    mails = BooleanField()

    def __init__(self, formdata: Any = None) -> None:
        super().__init__(formdata)
        self.on_errors.choices = [
            ("leave_out", _("Leave them out, and import the others")),
            ("stop", _("Import nothing while there are any, and stop at one that turns up")),
        ]
        if formdata is None:
            self.on_errors.data = "leave_out"


def column_targets(questions: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what a column can be: the fields, then the questions of the form."""
    return [*((name, str(words)) for name, words in FIELDS.items()), *questions]
