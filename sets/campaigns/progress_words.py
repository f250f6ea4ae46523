"""How a campaign stands, in sentences: on its way, paused and why, stopped, done, and when."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..clock import now
from ..dates import datetime_words, local, time_words
from ..mailing import pauses
from .models import Audience, Campaign, CampaignState
from .progress import LEFT, Progress

# What the groups of progress.GROUPS are called.
GROUP_WORDS = {
    "sent": _l("Sent"),
    "waiting": _l("Waiting to leave"),
    "retry": _l("To be tried again"),
    "returned": _l("Came back"),
    "failed": _l("Refused"),
    "unknown": _l("To be checked"),
    "skipped": _l("Not sent"),
}


def campaign_name(campaign: Campaign) -> str:
    """Return what a page calls a campaign: its name, else a subject of it."""
    subjects = (text.subject for text in campaign.texts.values())
    return campaign.name or next((subject for subject in subjects if subject), "") or _("Campaign")


def main_sentence(progress: Progress) -> str:
    """Return how far it is, in one sentence."""
    sent, total = progress.count(*LEFT), progress.total
    if progress.campaign.state == CampaignState.SCHEDULED:
        people = sum(progress.people.values())
        return ngettext("One person would get it now.", "%(num)d people would get it now.", people)
    if not total:
        return _("No message has been written yet.")
    return ngettext(
        "%(sent)s of %(num)d message has left.", "%(sent)s of %(num)d messages have left.", total, sent=sent
    )


def wordless_sentence(language: str, number: int) -> str:
    """Return who got nothing because there was no text in their language."""
    return ngettext(
        "One person who reads messages in this language got nothing, for there was no text in it: %(language)s.",
        "%(num)d people who read messages in this language got nothing, for there was no text in it: %(language)s.",
        number,
        language=language,
    )


def state_sentences(progress: Progress, zone: str) -> list[str]:
    """Return how it stands and what follows, in the reader's words and on the clocks of their zone."""
    campaign = progress.campaign
    if campaign.state == CampaignState.SCHEDULED:
        return [_scheduled(campaign, zone), _("Who gets it is worked out at that moment.")]
    if progress.pause is not None and progress.is_running:
        return _paused(progress, zone)
    if campaign.state == CampaignState.EXPANDING:
        return [_("Its messages are being written, and the first ones leave already.")]
    if campaign.state == CampaignState.SENDING:
        return _under_way(progress, zone)
    if campaign.state == CampaignState.STOPPED and campaign.ended_at is not None:
        moment = datetime_words(campaign.ended_at, zone)
        if progress.stopped_by:
            said = _("Stopped by %(name)s on %(moment)s.", name=progress.stopped_by, moment=moment)
        else:
            said = _("Stopped on %(moment)s.", moment=moment)
        return [said, _("What had not left by then does not leave.")]
    if campaign.ended_at is not None:
        return [_("It is finished since %(moment)s.", moment=datetime_words(campaign.ended_at, zone))]
    return []


def sender_sentence(progress: Progress, zone: str) -> str:
    """Return who sent it and when; nothing while it waits for its hour."""
    begun = progress.campaign.started_at
    if begun is None:
        return _("Planned by %(name)s.", name=progress.sender) if progress.sender else ""
    moment = datetime_words(begun, zone)
    if progress.sender:
        return _("Sent by %(name)s on %(moment)s.", name=progress.sender, moment=moment)
    return _("Sent on %(moment)s.", moment=moment)


def later_sentence(progress: Progress) -> str:
    """Return how many came later, as "214 + 6 later"; nothing when nobody did."""
    if not progress.later:
        return ""
    first = progress.total - progress.later
    return _("%(first)s + %(later)s later", first=first, later=progress.later)


def catch_up_sentence(progress: Progress, zone: str) -> str:
    """Return whether people get it who come later, and until when."""
    until, is_news = progress.campaign.catch_up_until, progress.campaign.audience == Audience.NEWS
    if progress.catches_up and until is not None and is_news:
        return _("Who asks for news later gets it too, until %(moment)s.", moment=datetime_words(until, zone))
    if is_news:
        return _("Who asks for news later does not get it.")
    if progress.catches_up and until is not None:
        return _("Who is confirmed later gets it too, until %(moment)s.", moment=datetime_words(until, zone))
    return _("Who is confirmed later does not get it.")


def notice_words(name: str, reason: str) -> str:
    """Return what the top of every page says of a campaign that is held up."""
    if reason == pauses.REFUSALS:
        return _("“%(name)s” is paused by itself: too many addresses refused it.", name=name)
    return _("“%(name)s” is paused: its messages wait until somebody lets them go on.", name=name)


def _scheduled(campaign: Campaign, zone: str) -> str:
    if campaign.send_at is None:
        return ""
    return _("It leaves on %(moment)s.", moment=datetime_words(campaign.send_at, campaign.send_zone or zone))


def _paused(progress: Progress, zone: str) -> list[str]:
    if progress.pause is None:
        return []
    moment = datetime_words(progress.pause.paused_at, zone)
    if progress.pause.reason == pauses.REFUSALS:
        refused = ngettext(
            "%(num)d address refused it.", "%(num)d addresses refused it.", progress.count("failed")
        )
        why = _("Paused by itself on %(moment)s: too many addresses refused it.", moment=moment)
        advice = _(
            "Look at what their servers said. Old addresses are no reason to stop; a text that is taken for "
            "unwanted mail is one. Then let it go on, or stop it."
        )
        return [why, refused, advice]
    if progress.paused_by:
        said = _("Paused by %(name)s on %(moment)s.", name=progress.paused_by, moment=moment)
    else:
        said = _("Paused on %(moment)s.", moment=moment)
    return [said, _("Nothing leaves until somebody lets it go on.")]


def _under_way(progress: Progress, zone: str) -> list[str]:
    said = []
    if progress.done_at is not None and local(progress.done_at, zone).date() == local(now(), zone).date():
        said.append(_("The last message leaves at about %(hour)s.", hour=time_words(progress.done_at, zone)))
    elif progress.done_at is not None:
        said.append(
            _("The last message leaves on about %(moment)s.", moment=datetime_words(progress.done_at, zone))
        )
    if progress.next_try is not None:
        said.append(
            ngettext(
                "%(num)d message was put off by its receiver’s server; the next try is on %(moment)s.",
                "%(num)d messages were put off by their receivers’ servers; the next try is on %(moment)s.",
                progress.count("retry"),
                moment=datetime_words(progress.next_try, zone),
            )
        )
    return said
