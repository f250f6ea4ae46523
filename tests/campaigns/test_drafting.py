"""What a draft holds: ready-made texts that can be sent, people said in one sentence, until when it catches up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sets.campaigns import drafting
from sets.campaigns.audience_words import audience_words
from sets.campaigns.drafting import Written
from sets.campaigns.fields import fields_in, misspelt_fields
from sets.campaigns.listing import kept_names, kept_texts
from sets.campaigns.models import Audience, Campaign
from sets.campaigns.ready_texts import READY, gaps_in
from sets.campaigns.sending import CampaignRefused, by_registration
from sets.clock import now
from sets.database import db
from sets.languages import LANGUAGES, speaking
from sets.staff.models import Activity
from tests import factories
from tests.registration.signups import at
from tests.staff.signing import make_account

from .campaigns import a_campaign, reloaded

pytestmark = pytest.mark.usefixtures("app", "clock")


def begun(**values):
    facts = {
        "name": "Your link",
        "audience": "registrations",
        "filter": {},
        "texts": [Written("fr", "a", "b")],
    }
    public_id = drafting.begin_campaign(account_id=make_account().id, **facts | values)
    return db.session.query(Campaign).filter_by(public_id=public_id).one()


@pytest.mark.parametrize("ready", READY.values(), ids=lambda ready: ready.key)
def test_a_ready_made_text_says_the_same_in_each_language(ready):
    assert sorted(ready.texts) == sorted(LANGUAGES)
    fields = [sorted(fields_in(*text)) for text in ready.texts.values()]
    gaps = [len(gaps_in(*text)) for text in ready.texts.values()]
    links = [text[1].count("](") for text in ready.texts.values()]
    assert all(one == fields[0] for one in fields), fields
    assert len(set(gaps)) == len(set(links)) == 1
    for subject, body in ready.texts.values():
        assert misspelt_fields(f"{subject} {body}") == []
        assert "'" not in subject + body
    campaign = a_campaign(dict(ready.texts), audience=ready.audience)
    assert by_registration(campaign) == (ready.audience == Audience.REGISTRATIONS)


def test_french_texts_have_no_break_before_their_high_marks():
    for ready in READY.values():
        assert not any(f" {mark}" in "".join(ready.texts["fr"]) for mark in ":;?!»")


def test_what_stands_in_braces_is_a_field_or_the_nearest_is_named():
    assert misspelt_fields("{greeting} {answer:level} {}", ["level"]) == [("", "")]
    with speaking("en"):
        found = dict(
            misspelt_fields(
                "{First_name} { join_link } {Their own link into the room} {answer:levl} {xyz}", ["level"]
            )
        )
    assert found == {
        "First_name": "first_name",
        " join_link ": "join_link",
        "Their own link into the room": "join_link",
        "answer:levl": "answer:level",
        "xyz": "",
    }


def test_it_catches_up_until_the_last_meeting_ends_else_for_sixty_days():
    session = factories.training_session(starts=at("2026-03-17 18:00"), meetings=3, minutes=90)
    of_session = begun(filter={"session": session.public_id})
    assert (of_session.catch_up, of_session.catch_up_until) == (True, session.meetings[-1].ends_at)
    assert begun().catch_up_until == now() + timedelta(days=60)
    over = factories.training_session(starts=now() - timedelta(days=9))
    assert not begun(filter={"session": over.public_id}).catch_up
    assert not begun(audience="news").catch_up
    assert not begun(catch_up=False).catch_up


def test_beginning_is_noted_in_the_log_without_any_text():
    campaign = begun(filter={"q": "Lefèvre", "sort": "name"})
    assert campaign.filter == {"q": "Lefèvre"}
    (line,) = db.session.query(Activity).filter_by(verb="campaign_begun")
    assert (line.subject_id, line.filter) == (str(campaign.id), None)


def test_the_second_to_save_a_text_is_told_and_nothing_is_lost():
    campaign, account = a_campaign(), make_account().id
    assert drafting.write_text(campaign.public_id, Written("fr", "First", "x", 1), account_id=account) == 2
    for revision in (1, 0, 7):
        with pytest.raises(CampaignRefused, match="changed"):
            drafting.write_text(
                campaign.public_id, Written("fr", "Second", "x", revision), account_id=account
            )
    # A new language that somebody else has begun meanwhile is no new one.
    assert drafting.write_text(campaign.public_id, Written("it", "Uno", "x"), account_id=account) == 1
    with pytest.raises(CampaignRefused, match="changed"):
        drafting.write_text(campaign.public_id, Written("it", "Due", "x"), account_id=account)
    stored = reloaded(campaign)
    assert (stored.texts["fr"].subject, stored.texts["it"].subject) == ("First", "Uno")
    # What was checked before is not what would be sent now.
    assert stored.revision == 3


def test_leaving_out_by_hand_changes_only_who_was_shown():
    campaign = a_campaign(left_out=[1, 2, 9])
    drafting.leave_out(campaign.public_id, shown=[1, 2, 3], chosen=[1])
    assert reloaded(campaign).left_out == [2, 3, 9]


def test_the_people_are_read_back_as_one_sentence():
    session = factories.training_session(starts=at("2026-03-17 18:00"))
    sent = a_campaign(state="done")
    campaign = a_campaign(filter={"session": session.public_id, "unsent": sent.public_id}, left_out=[1, 2])
    with speaking("en"):
        assert audience_words(campaign).replace("\N{NO-BREAK SPACE}", " ") == (
            f"People with a confirmed place, training “Words about {session.training.slug}.”, "
            "session: Tuesday 17 March, 18:00, Paris time, in French, who did not get “Your link”, "
            "without 2 people left out by hand."
        )


def test_a_text_kept_under_the_same_name_is_replaced_language_by_language():
    account = make_account().id
    first = a_campaign({"fr": ("Un", "x"), "it": ("Uno", "x")})
    assert drafting.keep_texts(first.public_id, "Ours", account_id=account) == 2
    second = a_campaign({"fr": ("Deux", "y"), "es": (" ", "")})
    assert drafting.keep_texts(second.public_id, "Ours", account_id=account) == 1
    db.session.rollback()
    assert kept_texts("Ours") == {"fr": ("Deux", "y"), "it": ("Uno", "x")}
    assert kept_names() == ["Ours"]


def test_who_chooses_another_session_gets_its_dates_for_catching_up_unless_they_chose_some():
    march = factories.training_session(starts=at("2026-03-17 18:00"))
    may = factories.training_session(starts=at("2026-05-12 18:00"))
    campaign = begun(filter={"session": march.public_id})
    until = campaign.catch_up_until

    def change(session, moment):
        drafting.change_audience(
            campaign.public_id, tag=drafting.audience_tag(reloaded(campaign)), name="x", fallback="",
            filter={"session": session.public_id, "status": "confirmed"}, catch_up=True, catch_up_until=moment,
        )  # fmt: skip
        return reloaded(campaign).catch_up_until

    assert change(may, until) == may.meetings[-1].ends_at
    assert change(march, at("2026-03-10 12:00")) == at("2026-03-10 12:00")
    assert change(march, at("2026-03-10 12:00")) == at("2026-03-10 12:00")
