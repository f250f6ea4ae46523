"""Who got a campaign: refused addresses with a real mail server, send again, doubtful mails, the list as a file."""

from __future__ import annotations

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
from python_calamine import CalamineWorkbook

from sets.campaigns import deciding, sending
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration.models import Learner
from sets.staff.models import Activity
from sets.staff.server_words import server_words
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import make_account, sign_in

from .campaigns import a_campaign, reloaded
from .test_progress import path, run, sent, set_states

pytestmark = pytest.mark.usefixtures("app", "clock")


def to_five_people():
    session = factories.training_session()
    for name in "abcde":
        factories.registration(
            session, factories.learner(f"{name}@example.org", first_name=name.upper(), last_name="Rey")
        )
    campaign = a_campaign(filter={"session": session.public_id})
    sending.start_campaign(campaign.public_id, revision=1, account_id=make_account().id)
    run()
    # A sender forgets every object of the session.
    return SimpleNamespace(id=campaign.id, public_id=campaign.public_id)


def receivers(mail):
    return sorted(one.recipients[0] for one in mail.inbox)


def test_one_refused_address_hurts_nobody_and_send_again_reaches_only_it(client, clock, mail, drain):
    mail.refuse.add("c@example.org")
    campaign = to_five_people()
    clock.shift(timedelta(minutes=1))
    assert drain() == 4
    run()
    assert reloaded(campaign).state == "done"
    assert receivers(mail) == [f"{name}@example.org" for name in "abde"]
    sign_in(client)
    page = visit(client, path(campaign))
    assert "4 of 5 messages have left." in page.text
    page = page.click("Look at the one that was refused")
    assert "Rey, C" in page.text
    assert "There is no such address, says its server." in page.text
    assert "No such mailbox" in page.text
    assert "Rey, A" not in page.text
    mail.refuse.clear()
    page = submit(page, button="Send again to the one that was refused")
    assert "1 message is queued again." in page.text
    assert reloaded(campaign).state == "sending"
    assert drain() == 1
    assert receivers(mail) == [f"{name}@example.org" for name in "abcde"]
    run()
    assert reloaded(campaign).state == "done"
    assert "5 of 5 messages have left." in visit(client, path(campaign)).text


def test_send_again_goes_to_the_address_that_was_corrected_since(clock, mail, drain):
    mail.refuse.add("c@example.org")
    campaign = to_five_people()
    clock.shift(timedelta(minutes=1))
    drain()
    with transaction() as store:
        learner = store.query(Learner).filter_by(email="c@example.org").one()
        learner.email = learner.email_key = "right@example.org"
    assert deciding.send_again(campaign.public_id) == 1
    assert drain() == 1
    assert receivers(mail) == sorted([*(f"{name}@example.org" for name in "abde"), "right@example.org"])


def test_what_is_put_off_is_tried_again_by_itself_and_the_list_says_when(client, clock, mail, drain):
    mail.greylist.add("c@example.org")
    campaign = to_five_people()
    clock.shift(timedelta(minutes=1))
    assert drain() == 4
    sign_in(client)
    page = visit(client, path(campaign, "/recipients?state=retry"))
    assert "tried again at" in page.text
    assert "The receiver’s server" in page.text
    clock.shift(timedelta(minutes=2))
    assert drain() == 1
    assert receivers(mail) == [f"{name}@example.org" for name in "abcde"]


def test_the_text_as_it_left_stands_on_the_persons_record(client, clock, mail, drain):
    campaign = to_five_people()
    clock.shift(timedelta(minutes=1))
    drain()
    sign_in(client)
    record = next(
        link for link in visit(client, path(campaign, "/recipients")).all("a") if link.text == "Rey, A"
    )
    page = visit(client, str(record.get("href")))
    row = db.session.query(Delivery).filter_by(to_address="a@example.org").one()
    assert "Votre lien" in page.text
    assert row.text
    assert row.text.split()[0] in page.text
    assert "•••" in page.source
    assert "/join/" in row.text


def states(campaign):
    db.session.rollback()
    rows = db.session.query(Delivery.status).filter_by(campaign_id=campaign.id).order_by(Delivery.id)
    return [row.status for row in rows]


def test_doubtful_mails_are_decided_one_by_one_or_all_and_nothing_else_moves(client):
    campaign, _session = sent(6)
    set_states(campaign, *["unknown"] * 4, "failed", "sent", reason="no_answer")
    sign_in(client)
    ids = [row.public_id for row in db.session.query(Delivery).order_by(Delivery.id)]
    page = visit(client, path(campaign, "/recipients?state=unknown"))
    page = submit(page, form="requeue", button="The chosen arrived", mail=[ids[0]])
    assert "Noted: 1 message arrived." in page.text
    assert states(campaign) == ["sent", "unknown", "unknown", "unknown", "failed", "sent"]
    page = submit(page, form="requeue", button="Send the chosen again", mail=[ids[1]])
    assert states(campaign) == ["sent", "queued", "unknown", "unknown", "failed", "sent"]
    page = submit(page, form="requeue", button="All 2 in doubt arrived")
    assert states(campaign) == ["sent", "queued", "sent", "sent", "failed", "sent"]


def test_nothing_ticked_decides_nothing(client):
    campaign, _session = sent(2)
    set_states(campaign, "unknown", "unknown")
    sign_in(client)
    page = visit(client, path(campaign, "/recipients?state=unknown"))
    assert "Tick at least one" in submit(page, form="requeue", button="Send the chosen again").text
    assert states(campaign) == ["unknown", "unknown"]


def test_a_mail_of_another_campaign_is_not_sent_again_from_here(client):
    first, _session = sent(1)
    second, _session = sent(1)
    for campaign in (first, second):
        set_states(campaign, "unknown")
    sign_in(client)
    foreign = db.session.query(Delivery).filter_by(campaign_id=first.id).one().public_id
    page = visit(client, path(second, "/recipients?state=unknown"))
    submit(page, form="requeue", button="Send the chosen again", forged={"mail": [foreign]})
    assert states(first) == states(second) == ["unknown"]


def test_many_people_come_in_pages_by_name(client):
    campaign, _session = sent(53)
    sign_in(client)
    page = visit(client, path(campaign, "/recipients"))
    assert "1 to 50 of 53" in page.text
    assert "51 to 53 of 53" in page.click("Next page").text


def test_an_erased_person_stays_a_line_without_a_name(client):
    campaign, _session = sent(1)
    with transaction() as store:
        row = store.query(Delivery).filter_by(campaign_id=campaign.id).one()
        row.learner_id, row.to_address = None, None
        for about in list(row.registrations):
            store.delete(about)
    sign_in(client)
    assert "Erased person" in visit(client, path(campaign, "/recipients")).text


def test_the_list_is_taken_out_as_text_with_real_dates_and_leaves_a_trace(client):
    session = factories.training_session()
    factories.registration(session, factories.learner(first_name="=HYPERLINK(1)", last_name="Çelik"))
    campaign = a_campaign(filter={"session": session.public_id})
    sending.start_campaign(campaign.public_id, revision=1, account_id=make_account().id)
    run()
    set_states(campaign, "failed", smtp_code=550, smtp_text="5.1.1 No such mailbox")
    sign_in(client)
    answer = client.get(path(campaign, "/recipients.xlsx?state=failed"))
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))
    heading, row = book.get_sheet_by_index(0).to_python()
    line = dict(zip(heading, row, strict=True))
    assert (line["First name"], line["Last name"]) == ("=HYPERLINK(1)", "Çelik")
    assert line["Posted"].hour == 10
    assert line["Why"] == "There is no such address, says its server. Check it."
    assert line["The server said"] == "550 5.1.1 No such mailbox"
    log = db.session.query(Activity).filter_by(verb="campaign_exported").one()
    assert log.rows == 1


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (550, "5.1.1 <a@b.example>: no such user", "no such address"),
        (550, "unknown user", "no such address"),
        (552, "5.2.2 over quota", "full"),
        (550, "5.7.1 blocked", "unwanted mail"),
        (550, "5.1.2 no such domain", "after the “@”"),
        (451, "4.7.1 greylisted", "unwanted mail"),
        (451, "later please", "later"),
        (554, "no", ""),
        (None, None, ""),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_servers_answer_is_said_in_plain_words(app, code, text, words):
    with app.test_request_context("/en/"):
        from flask import g

        g.lang = "en"
        said = server_words(code, text)
    assert words in said
    assert bool(said) is bool(words)


def test_what_came_back_is_told_apart_from_what_arrived(client):
    campaign, _session = sent(2)
    set_states(campaign, "sent", "sent")
    set_states(
        campaign, "sent", bounced_at=now(), reason="returned_mailbox", smtp_code=550, smtp_text="5.1.1 no"
    )
    sign_in(client)
    page = visit(client, path(campaign))
    assert "2 of 2 messages have left." in page.text
    assert "Came back" in page.text
    page = visit(client, path(campaign, "/recipients?state=returned"))
    assert "It came back: there is no such mailbox." in page.text
    assert "1 to 1 of 1" in page.text
    assert "1 to 1 of 1" in visit(client, path(campaign, "/recipients?state=sent")).text
