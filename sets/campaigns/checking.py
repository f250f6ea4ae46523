"""What is missing or odd about a campaign before it leaves, in sentences. Reads only; asks no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from babel.lists import format_list
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import language_words
from ..catalogue.models import Meeting, TrainingSession
from ..clock import now
from ..database import db
from ..dates import local, time_words, zone_words
from ..languages import LANGUAGES, current_language
from ..registration.standing import OPENS_BEFORE
from .audience import count_by_language, session_ids
from .blanks import Blank, blanks_of
from .fields import FIELDS, asked_keys, fields_in, unknown_fields
from .letters import text_for
from .mentions import days_in, hours_in, links_in
from .models import Campaign, CampaignText
from .ready_texts import gaps_in
from .sending import by_registration

# A link to somebody's own page: whoever gets it can act in their name.
_PERSONAL = ("/my/", "/join/", "/receipts/")


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `language`: in which text, or "" for none; `names`: the people it concerns."""

    sentence: str
    language: str = ""
    is_blocking: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """What the check found; `links` are the addresses that the texts lead to, `texts` what leaves, by its language."""

    counts: dict[str, int]
    findings: tuple[Finding, ...]
    links: tuple[str, ...]
    texts: dict[str, CampaignText]

    @property
    def total(self) -> int:
        """How many people get it."""
        return sum(self.counts.values())

    @property
    def blocking(self) -> list[Finding]:
        """What has to be put right before it can be sent."""
        return [one for one in self.findings if one.is_blocking]

    @property
    def remarks(self) -> list[Finding]:
        """What is odd, and may be meant."""
        return [one for one in self.findings if not one.is_blocking]


@dataclass(frozen=True)
class _Dates:
    """The days and hours of the meetings that the recipients' sessions have, on the sessions' own clocks."""

    days: frozenset[date]
    hours: frozenset[tuple[int, int]]

    @property
    def told(self) -> set[str]:
        """The days and hours as differences between texts name them."""
        return {one.isoformat() for one in self.days} | {f"{hour}:{minute}" for hour, minute in self.hours}


def read_campaign(public_id: str) -> Campaign | None:
    """Return a campaign with its texts."""
    statement = select(Campaign).where(Campaign.public_id == public_id).options(selectinload(Campaign.texts))
    return db.session.scalar(statement)


def links_of(public_id: str) -> list[str]:
    """Return where the texts of a campaign lead to, and end the reading: asking the network takes its time."""
    campaign = read_campaign(public_id)
    found = _links(text for _code, text in sorted(campaign.texts.items())) if campaign else ()
    db.session.rollback()
    return list(found)


def review(campaign: Campaign) -> Review:
    """Return everything that is missing or odd, what blocks first."""
    counts = count_by_language(campaign, by_registration=by_registration(campaign))
    chosen = {language: text_for(campaign, language) for language in counts}
    texts = {text.language: text for text in chosen.values() if text is not None}
    dates = _dates(session_ids(campaign))
    findings = [
        *_missing(campaign, counts, chosen),
        *(one for text in texts.values() for one in _unknown(text)),
        *(one for text in texts.values() for one in _gaps(text)),
        *(_blank(one) for one in blanks_of(campaign)),
        *(one for text in texts.values() for one in _dates_of(text, dates)),
        *(one for text in texts.values() for one in _links_of(text, session_ids(campaign))),
        *_differences(texts, dates),
    ]
    findings.sort(key=lambda one: not one.is_blocking)
    return Review(counts, tuple(findings), _links(texts.values()), texts)


def until_words(people: int, zone: str) -> str:
    """Return by when the last of so many mails leaves at the rate that is set, if it began now."""
    minutes = people / current_app.config["CAMPAIGN_RATE"]
    if minutes <= 1:
        return _("The last one leaves within a minute.")
    last = now() + timedelta(minutes=minutes)
    return _(
        "The last one leaves at about %(hour)s, %(zone)s.", hour=time_words(last, zone), zone=zone_words(zone)
    )


def languages_words(codes: Iterable[str]) -> str:
    """Return languages as one speaks of them: “French, Spanish and Italian”."""
    names = [language_words(code) for code in codes]
    return str(format_list(names, locale=LANGUAGES[current_language()].locale))


def _missing(
    campaign: Campaign, counts: dict[str, int], chosen: dict[str, CampaignText | None]
) -> Iterator[Finding]:
    if not counts:
        yield Finding(_("Nobody fits: there is nobody to write to."), is_blocking=True)
    for language, number in counts.items():
        text = chosen[language]
        if text is None:
            sentence = ngettext(
                "One person reads %(language)s, and there is no subject or no text in it.",
                "%(num)d people read %(language)s, and there is no subject or no text in it.",
                number,
                language=language_words(language),
            )
            yield Finding(sentence, language, is_blocking=True)
        elif text.language != language:
            sentence = ngettext(
                "One person reads %(language)s and gets the text in %(other)s, as you allowed.",
                "%(num)d people read %(language)s and get the text in %(other)s, as you allowed.",
                number,
                language=language_words(language),
                other=language_words(text.language),
            )
            yield Finding(sentence, language)


def _unknown(text: CampaignText) -> Iterator[Finding]:
    for name in unknown_fields((text.subject, text.body), asked_keys()):
        sentence = _("There is no field “%(field)s”.", field=f"{{{name}}}")
        yield Finding(sentence, text.language, is_blocking=True)


def _gaps(text: CampaignText) -> Iterator[Finding]:
    for gap in gaps_in(text.subject, text.body):
        yield Finding(_("“%(gap)s” still waits to be written.", gap=gap), text.language)


def _blank(blank: Blank) -> Finding:
    words = {"field": blank.words, "code": f"{{{blank.field}}}"}
    sentence = ngettext(
        "%(field)s – %(code)s – has nothing to say to one person. It stays empty in their mail.",
        "%(field)s – %(code)s – has nothing to say to %(num)d people. It stays empty in their mails.",
        len(blank.names),
        **words,
    )
    if blank.field == "first_name":
        sentence += " " + _(
            "A first name is used once the address is proven. “%(greeting)s” does without it where it has to.",
            greeting="{greeting}",
        )
    return Finding(sentence, blank.language, names=blank.names)


def _dates_of(text: CampaignText, dates: _Dates) -> Iterator[Finding]:
    today = now().date()
    words = f"{text.subject}\n\n{text.body}"
    for day in days_in(words, text.language):
        meant = day.resolved(dates.days, today)
        if meant is None:
            yield Finding(_("“%(day)s”: there is no such day.", day=day.words), text.language)
            continue
        if day.weekday is not None and day.weekday != meant.weekday():
            sentence = _(
                "“%(day)s”: that day is “%(weekday)s”.", day=day.words, weekday=_weekday(meant, text.language)
            )
            yield Finding(sentence, text.language)
        if dates.days and meant not in dates.days:
            yield Finding(_("“%(day)s” is the day of none of their meetings.", day=day.words), text.language)
    for hour in hours_in(words, text.language):
        if not hour.has_zone:
            sentence = _("“%(hour)s”: write whose hour it is, for example Paris time.", hour=hour.words)
            yield Finding(sentence, text.language)
        if dates.hours and (hour.hour, hour.minute) not in dates.hours:
            sentence = _("“%(hour)s” is the hour of none of their meetings.", hour=hour.words)
            yield Finding(sentence, text.language)


def _links_of(text: CampaignText, sessions: list[int]) -> Iterator[Finding]:
    own = current_app.config["BASE_URL"]
    rooms = set(db.session.scalars(select(Meeting.room_url).where(Meeting.training_session_id.in_(sessions))))
    for link in links_in(f"{text.subject}\n\n{text.body}"):
        if link in rooms:
            sentence = _(
                "“%(link)s” is the address of the room itself. “%(field)s” gives each their own link, which"
                " follows a change of room.",
                link=link,
                field="{join_link}",
            )
            yield Finding(sentence, text.language)
        elif link.startswith(own) and any(part in urlsplit(link).path for part in _PERSONAL):
            sentence = _(
                "“%(link)s” is one person’s own link: whoever has it acts in their name. Take it out.",
                link=link,
            )
            yield Finding(sentence, text.language)
        elif not link.startswith("https://") and not link.startswith(own + "/"):
            yield Finding(_("“%(link)s” does not begin with https://.", link=link), text.language)


def _differences(texts: dict[str, CampaignText], dates: _Dates) -> Iterator[Finding]:
    """Yield what stands in one language and not in another: days, hours, links, and fields that are links."""
    if len(texts) < 2:
        return
    today = now().date()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for code, text in texts.items():
        words = f"{text.subject}\n\n{text.body}"
        for day in days_in(words, code):
            if meant := day.resolved(dates.days, today):
                found.setdefault(("day", meant.isoformat()), {}).setdefault(code, day.words)
        for hour in hours_in(words, code):
            found.setdefault(("hour", f"{hour.hour}:{hour.minute}"), {}).setdefault(code, hour.words)
        for link in links_in(words):
            found.setdefault(("link", _without_language(link)), {}).setdefault(code, link)
        for name in fields_in(words):
            if name in FIELDS and FIELDS[name].is_link:
                found.setdefault(("field", name), {}).setdefault(code, f"{{{name}}}")
    # Where the field says the next meeting, its day and hour are said.
    dated = {code for code, text in texts.items() if "next_meeting" in fields_in(text.body)}
    for (kind, what), said in found.items():
        is_told = kind in ("day", "hour") and what in dates.told
        if without := [code for code in texts if code not in said and not (is_told and code in dated)]:
            first = next(iter(said))
            sentence = _(
                "“%(what)s” stands in %(here)s, and nothing like it in %(there)s.",
                what=said[first],
                here=languages_words(said),
                there=languages_words(without),
            )
            yield Finding(sentence, without[0])


def _without_language(link: str) -> str:
    """Return a link so that the same page in two languages is one: /fr/…, …?lang=fr, fr.example.org."""
    parts = urlsplit(link)
    host = ".".join(part for part in parts.netloc.split(".") if part not in LANGUAGES)
    path = "/".join("*" if part in LANGUAGES else part for part in parts.path.split("/"))
    query = "&".join(part for part in parts.query.split("&") if part.rpartition("=")[2] not in LANGUAGES)
    return f"{host}{path}?{query}"


def _links(texts: Iterable[CampaignText]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(link for text in texts for link in links_in(f"{text.subject}\n\n{text.body}")))


def _dates(sessions: list[int]) -> _Dates:
    rows = db.session.execute(
        select(Meeting.starts_at, Meeting.ends_at, TrainingSession.time_zone)
        .join(TrainingSession, TrainingSession.id == Meeting.training_session_id)
        .where(Meeting.training_session_id.in_(sessions), Meeting.cancelled_at.is_(None))
    ).all()
    begin = [local(row.starts_at, row.time_zone) for row in rows]
    hours = [
        *begin,
        *(local(row.ends_at, row.time_zone) for row in rows),
        *(one - OPENS_BEFORE for one in begin),
    ]
    return _Dates(frozenset(one.date() for one in begin), frozenset((one.hour, one.minute) for one in hours))


def _weekday(day: date, language: str) -> str:
    """Return the day's name in the language of the text, where it has to be written."""
    from babel.dates import format_date

    return str(format_date(day, "EEEE", locale=LANGUAGES[language].locale))
