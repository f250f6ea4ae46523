"""The forms of a draft: how it begins, one text, whom it is for, under which name its texts are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField
from wtforms.validators import ValidationError

from ..catalogue.labels import language_words, session_words, training_labels
from ..catalogue.planning_fields import Moment, moment_there
from ..clock import now
from ..dates import local
from ..forms import AtMost, OneDisc, OneOf, Required, SiteForm, TextBlock, TextLine
from ..languages import LANGUAGES
from ..registration.filter_words import either
from ..registration.models import Status
from ..registration.record import sessions_for_choice
from .audience import UNSENT, wanted_by
from .audience_words import people_words, session_of
from .drafting import Written, audience_tag, last_moment
from .fields import FIELDS, fields_in, misspelt_fields
from .listing import kept_names, read_campaign, started_campaigns
from .models import Audience, Campaign
from .ready_texts import ready_texts

LONGEST_BODY = 20_000
BLANK, READY, KEPT = "blank", "ready:", "kept:"


class KnownFields:
    """What stands in braces is a field; the sentence proposes the nearest one."""

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse the first one that there is not, or that has nothing to say in news."""
        for name in fields_in(field.data or "") if form.is_news else ():
            if name in FIELDS and FIELDS[name].of_registration:
                raise ValidationError(
                    _(
                        "News go to people, not to registrations: %(field)s says nothing there.",
                        field=f"{{{name}}}",
                    )
                )
        for written, nearest in misspelt_fields(field.data or "", form.question_keys):
            wrong = f"{{{written}}}"
            if nearest:
                raise ValidationError(
                    _(
                        "There is no field %(wrong)s. Did you mean %(right)s?",
                        wrong=wrong,
                        right=f"{{{nearest}}}",
                    )
                )
            raise ValidationError(_("There is no field %(wrong)s. Take one from the list.", wrong=wrong))


class BeginForm(SiteForm):
    """With which text a campaign begins, and for people in which state."""

    start = OneDisc(_l("Begin with"), [Required(_l("Choose with which text to begin."))])
    status = OneOf(_l("State"))

    def __init__(self, sent: Any = None, *, audience: str, status: str = "", **options: Any) -> None:
        super().__init__(sent, data={"status": status or str(Status.CONFIRMED)}, **options)
        ready = [(READY + one.key, f"{one.title} – {one.hint}") for one in ready_texts(audience)]
        kept = [(KEPT + name, _("Kept by the team: %(name)s", name=name)) for name in kept_names()]
        self.start.choices = [*ready, *kept, (BLANK, _("An empty page"))]
        self.status.choices = _people(self.status.data or "")
        self.status.flags.required = True
        if audience == Audience.NEWS:
            del self.status


class TextForm(SiteForm):
    """A campaign's text in one language. A draft may be half done: nothing is asked for before it is checked."""

    subject = TextLine(_l("Subject"), [AtMost(200), KnownFields()], render_kw={"autocomplete": "off"})
    body = TextBlock(_l("Text"), [AtMost(LONGEST_BODY), KnownFields()], render_kw={"autocomplete": "off"})
    revision = HiddenField()

    def __init__(
        self, sent: Any = None, *, question_keys: Iterable[str] = (), is_news: bool = False, **options: Any
    ) -> None:
        super().__init__(sent, **options)
        self.question_keys, self.is_news = list(question_keys), is_news
        # Neither is asked for, and neither is optional.
        self.subject.flags.required = self.body.flags.required = True

    def written(self, language: str) -> Written:
        """Return what was written, as the use case takes it."""
        return Written(language, self.subject.data or "", self.body.data or "", number(self.revision.data))


class AudienceForm(SiteForm):
    """Whom a campaign is for, and what the team calls it."""

    name = TextLine(
        _l("Name"), [Required(_l("Give it a name.")), AtMost(200)], description=_l("Only the team sees it.")
    )
    training = OneOf(_l("Training"))
    session = OneOf(_l("Session"))
    status = OneOf(_l("State"))
    language = OneOf(_l("Language of mails"))
    q = TextLine(_l("Name or address"), [AtMost(200)])
    unsent = OneOf(_l("Who did not get"))
    fallback = OneOf(
        _l("Where a language has no text"),
        description=_l("Chosen with care: somebody then reads a language that is not theirs."),
    )
    catch_up = BooleanField(
        _l("Also to people who come later"),
        description=_l("Whoever gets into this state after the sending gets the message too."),
    )
    catch_up_until = Moment(_l("Until"))
    tag = HiddenField()

    def __init__(self, sent: Any = None, *, campaign: Campaign, zone: str, **options: Any) -> None:
        self.zone = zone
        super().__init__(sent, data=None if sent else _audience_values(campaign, zone), **options)
        wanted = wanted_by(campaign)
        chosen = self.session.data or joined(wanted.session)
        titles = [(one.slug, one.short_title) for one in training_labels().values()]
        self.training.choices = _and_several([("", _("All")), *titles], wanted.training)
        self.session.choices = _and_several(_sessions(chosen), wanted.session)
        self.status.choices = _people(joined(wanted.status))
        self.language.choices = _and_several([("", _("All")), *_languages()], wanted.language)
        self.unsent.choices = [("", _("No matter")), *_sent(self.unsent.data or "")]
        self.fallback.choices = [
            ("", _("Do not send before it has one")),
            *_languages(_("Send the text in: %(language)s")),
        ]
        for field in (
            self.training,
            self.session,
            self.status,
            self.language,
            self.q,
            self.unsent,
            self.fallback,
        ):
            # Everything is an answer here: nothing is "optional".
            field.flags.required = True
        if campaign.audience == Audience.NEWS:
            for name in (
                "training",
                "session",
                "status",
                "language",
                "q",
                UNSENT,
                "catch_up",
                "catch_up_until",
            ):
                del self[name]

    def validate_catch_up_until(self, field: Any) -> None:
        """Refuse a moment that is over."""
        if self.catch_up.data and (self.until() or now()) <= now():
            raise ValidationError(_("Choose a moment to come."))

    def until(self) -> datetime | None:
        """Return until when the campaign catches up, in UTC."""
        there = self.catch_up_until.data if "catch_up_until" in self else None
        return moment_there(there, ZoneInfo(self.zone))

    def changes(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was chosen, as the use case takes it; what the form does not ask stays as `before`."""
        parts = ("training", "session", "status", "language")
        chosen = {part: split(self[part].data) for part in parts if part in self}
        chosen |= {part: self[part].data or "" for part in ("q", UNSENT) if part in self}
        return {
            "tag": self.tag.data or "",
            "name": self.name.data or "",
            "filter": dict(before) | chosen,
            "fallback": self.fallback.data or "",
            "catch_up": bool(self.catch_up.data) if "catch_up" in self else False,
            "catch_up_until": self.until(),
        }


class KeepForm(SiteForm):
    """Under which name the team keeps the texts of a campaign."""

    kept_name = TextLine(
        _l("Name of the text"), [Required(_l("Give it a name.")), AtMost(120)],
        description=_l("A text kept under the same name is replaced."),
    )  # fmt: skip


def number(text: Any) -> int:
    """Return a hidden number as it came back; -1, which fits nothing, where it was tampered with."""
    plain = str(text or "0")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else -1


def _audience_values(campaign: Campaign, zone: str) -> Mapping[str, Any]:
    wanted = wanted_by(campaign)
    until = campaign.catch_up_until or last_moment(campaign.filter)
    return {
        "name": campaign.name,
        "training": joined(wanted.training), "session": joined(wanted.session), "status": joined(wanted.status),
        "language": joined(wanted.language), "q": wanted.q, UNSENT: campaign.filter.get(UNSENT) or "",
        "fallback": campaign.fallback or "", "catch_up": campaign.catch_up,
        "catch_up_until": local(until, zone).replace(tzinfo=None),
        "tag": audience_tag(campaign),
    }  # fmt: skip


def joined(values: Any) -> str:
    """Return one or several values of a filter's part as one choice of a form; no value has a comma."""
    return values if isinstance(values, str) else ",".join(values or ())


def split(value: str | None) -> list[str]:
    """Return the values of a choice."""
    return [one for one in (value or "").split(",") if one]


def _and_several(choices: list[tuple[str, str]], values: Iterable[str]) -> list[tuple[str, str]]:
    """Add several values that were chosen together in a list's filter as one more choice."""
    words = dict(choices)
    several = joined(list(values))
    if several in words or not several:
        return choices
    return [*choices, (several, either(words.get(one, one) for one in split(several)))]


def _sessions(chosen: str) -> list[tuple[str, str]]:
    labels, found = training_labels(), sessions_for_choice()
    known = {"any", *(one.public_id for one in found)}
    found += [older for one in split(chosen) if one not in known and (older := session_of(one))]
    named = [(one.public_id, f"{labels[one.training_id].position}. {session_words(one)}") for one in found]
    return [("", _("All")), ("any", _("Any date")), *named]


def _sent(chosen: str) -> list[tuple[str, str]]:
    found = started_campaigns()
    if chosen not in ("", *(one.public_id for one in found)) and (older := read_campaign(chosen)):
        found.append(older)
    return [(one.public_id, one.name or _("No name")) for one in found]


def _people(chosen: str) -> list[tuple[str, str]]:
    first = [Status.CONFIRMED, *(one for one in Status if one != Status.CONFIRMED)]
    known = [str(one) for one in Status]
    several = [one for one in split(chosen) if one in known]
    return _and_several([(str(one), people_words(one)) for one in first], several)


def _languages(words: str = "%(language)s") -> list[tuple[str, str]]:
    named = [(code, words % {"language": language_words(code)}) for code in LANGUAGES]
    return [(code, label[:1].upper() + label[1:]) for code, label in named]
