"""Trainings as the team runs them: order, publishing, retiring, replies, brochures of its own, downloads."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from sets.catalogue import brochures, downloads, trainings
from sets.catalogue.models import (
    Brochure,
    BrochureDownload,
    BrochureUpload,
    SessionState,
    Training,
    TrainingState,
)
from sets.catalogue.showing import current_programme
from sets.database import db, transaction
from tests import factories
from tests.pages import submit, visit
from tests.registration.signups import at
from tests.staff.signing import csrf_token, sign_in

LIST = "/staff/trainings"
ONE = f"{LIST}/social-economy"
PDF = "/fr/trainings/social-economy/brochure.pdf"


@pytest.fixture
def organiser(catalogue, client, clock):
    sign_in(client, "organiser")
    return client


def slugs(state="published"):
    db.session.rollback()
    db.session.expire_all()
    query = select(Training.slug).where(Training.state == state).order_by(Training.position)
    return list(db.session.scalars(query))


def pdf(pages=1, **extra):
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(200, 200)
    if script := extra.get("script"):
        writer.add_open_action(JavaScript(script))
    if name := extra.get("attached"):
        writer.add_attachment(name, b"content")
    if password := extra.get("password"):
        writer.encrypt(password)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def upload(client, content, *, language="fr", name="Our brochure.pdf"):
    fields = {
        "csrf_token": csrf_token(client, ONE),
        "language": language,
        "file": FileStorage(BytesIO(content), name),
    }
    # Encoded here: the client itself would leave a temporary file open.
    boundary, body = encode_multipart(fields)
    return client.post(
        f"{ONE}/brochures", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )


def test_only_organisers_come_in(catalogue, client):
    sign_in(client, "coordinator")
    assert client.get(LIST).status_code == 403
    assert client.get("/staff/pages").status_code == 403


def test_the_list_says_how_each_training_stands(organiser):
    page = visit(organiser, LIST)
    assert page.text.count("Italian 100 %") == 3
    assert page.text.count("4 made from the texts") == 3
    assert page.text.count("On the site") == 3


def test_the_order_is_that_of_the_site(organiser):
    visit(organiser, "/en/")
    page = submit(
        visit(organiser, LIST),
        form=f"{LIST}/digital-collaboration/position",
        button="Up – Communicating online",
    )
    assert slugs() == ["digital-collaboration", "social-economy", "artificial-intelligence"]
    titles = [
        one.text_content if False else "".join(one.itertext())
        for one in visit(organiser, "/en/").all("article")
    ]
    assert "Training 1" in titles[0]
    submit(page, form=f"{LIST}/digital-collaboration/position", button="Down – Communicating online")
    assert slugs() == ["social-economy", "digital-collaboration", "artificial-intelligence"]


def test_two_trainings_cannot_have_one_address(organiser):
    page = visit(organiser, f"{LIST}/new")
    page = submit(page, slug="social-economy", hours="6", status=422)
    assert "Another training has this short name." in page.text
    page = submit(page, slug="Économie sociale", hours="0", position="x", status=422)
    assert "Take small letters without accents" in page.text
    assert page.value("slug") == "Économie sociale"


def test_replies_go_to_the_trainings_own_address(organiser):
    submit(visit(organiser, ONE), hours="14", reply_to="economie@example.org", form="length")
    row = db.session.scalar(select(Training).where(Training.slug == "social-economy"))
    assert (row.hours, row.reply_to) == (14, "economie@example.org")


def test_hours_that_somebody_else_changed_are_not_overwritten_unseen(organiser):
    page = visit(organiser, ONE)
    submit(visit(organiser, ONE), hours="14", form="length")
    page = submit(page, hours="9", form="length", status=409)
    assert "Somebody stored 14 hours" in page.text
    submit(page, form="length")
    assert db.session.scalar(select(Training.hours).where(Training.slug == "social-economy")) == 9


def test_a_training_with_a_session_that_is_shown_is_not_retired(organiser):
    session = factories.training_session(factories.training("social-economy"), starts=at("2026-03-17 18:00"))
    page = visit(organiser, ONE).click("Retire it")
    assert "Sessions would be left without a page" in page.text
    assert page.all("a", href=f"/staff/sessions/{session.public_id}")
    with pytest.raises(trainings.TrainingRefused, match="sessions"):
        trainings.retire_training("social-economy")
    with transaction():
        db.session.get(type(session), session.id).state = SessionState.CANCELLED
    page = submit(visit(organiser, f"{ONE}/retirement"), button="Retire")
    assert "The training is off the site." in page.text
    assert visit(organiser, "/fr/trainings/social-economy", status=404)
    assert slugs() == ["digital-collaboration", "artificial-intelligence"]
    page = submit(page.click("Bring it back"), button="Publish")
    assert slugs()[0] == "social-economy"


def test_retiring_says_how_many_people_it_concerns(organiser):
    factories.registration(of=factories.training("social-economy"))
    assert "One person has a place in it or waits for a date." in visit(organiser, f"{ONE}/retirement").text


def test_a_session_without_texts_in_its_language_stays_a_draft(organiser):
    bare = factories.training("bare", languages=("fr",))
    session = factories.training_session(bare, starts=at("2026-03-17 18:00"), language="it", state="draft")
    page = visit(organiser, f"/staff/sessions/{session.public_id}/publication")
    assert "The training has no whole text in the language of this session" in page.text
    assert page.all("a", href="/staff/trainings/bare/texts?with=it")
    many = visit(organiser, "/staff/sessions/publications/new")
    assert many.all("input", name="session") == []
    organiser.post(
        "/staff/sessions/publications",
        data={"session": session.public_id, "csrf_token": csrf_token(organiser, ONE)},
    )
    assert "1 session stays a draft: its training has no page in its language." in visit(organiser, LIST).text
    db.session.expire_all()
    assert db.session.get(type(session), session.id).state == "draft"


def test_a_session_of_a_draft_training_stays_a_draft(organiser):
    bare = factories.training("bare", state="draft")
    session = factories.training_session(bare, starts=at("2026-03-17 18:00"), state="draft")
    page = visit(organiser, f"/staff/sessions/{session.public_id}/publication")
    assert "The training is not on the site" in page.text


def test_the_teams_own_brochure_takes_the_place_and_goes_back(organiser):
    made = organiser.get(PDF)
    own = pdf(pages=3)
    assert upload(organiser, own).status_code == 303
    answer = organiser.get(PDF)
    assert answer.data == own
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=SETS-brochure-1-")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = visit(organiser, ONE)
    assert "A file of the team’s own since" in page.text
    assert "3 pages" in page.text
    assert brochures.build_brochures(current_programme()) == []
    assert organiser.get(PDF).data == own
    page = submit(page, form=f"{ONE}/brochures/fr/generated")
    assert organiser.get(PDF).data == made.data
    page = submit(page, button="Use this file again – Our brochure.pdf, French")
    assert organiser.get(PDF).data == own


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a PDF file."),
        (b"PK\x03\x04 a letter", "This is not a PDF file, whatever its name says."),
        (b"%PDF-1.7\nand nothing more", "This PDF is damaged"),
        (pdf(script="app.alert(1)"), "This PDF contains a script"),
        (pdf(attached="list.xlsx"), "This PDF carries other files."),
        (pdf(password="x"), "This PDF asks for a password."),
        (b"%PDF-1.7\n" + b"x" * (10 * 1024 * 1024), "This file is larger than 10 MB."),
    ],
    ids=["empty", "other", "damaged", "script", "files", "password", "large"],
)
def test_what_cannot_be_a_brochure_is_refused_with_the_way_out(organiser, content, said):
    answer = upload(organiser, content)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    folder = Path(organiser.application.instance_path) / "brochures" / "own"
    assert not folder.exists() or list(folder.iterdir()) == []
    assert db.session.scalars(select(BrochureUpload)).all() == []


def test_only_the_last_files_are_kept(organiser):
    for pages in range(1, 6):
        upload(organiser, pdf(pages=pages))
    assert sorted(one.pages for one in db.session.scalars(select(BrochureUpload))) == [3, 4, 5]
    folder = Path(organiser.application.instance_path) / "brochures" / "own"
    assert len(list(folder.iterdir())) == 3


def test_a_changed_text_makes_its_brochure_anew_in_the_worker(organiser, app):
    brochures.make_due()
    before = organiser.get(PDF).data
    page = visit(organiser, f"{ONE}/texts")
    submit(page, **{"intro--fr": "Une tout autre introduction."}, button="Save")
    assert "Being made: look again in a moment" in visit(organiser, ONE).text
    assert organiser.get(PDF).data == before
    brochures.make_due()
    db.session.rollback()
    assert organiser.get(PDF).data != before
    assert "Being made" not in visit(organiser, ONE).text


def test_a_brochure_that_cannot_be_made_says_why_and_the_old_one_stays(organiser):
    before = organiser.get(PDF).data
    page = visit(organiser, f"{ONE}/texts")
    submit(page, **{"intro--fr": "Un mot que nos caractères n’ont pas : 漢字."}, button="Save")
    brochures.make_due()
    assert "It cannot be made from the texts" in visit(organiser, ONE).text
    assert organiser.get(PDF).data == before


def test_downloads_are_counted_and_machines_are_not(organiser):
    person = {"User-Agent": "Mozilla/5.0 Firefox/140.0"}
    first = organiser.get(PDF, headers=person)
    organiser.get(PDF, headers=person)
    organiser.head(PDF, headers=person)
    organiser.get(PDF, headers=person | {"If-None-Match": first.headers["ETag"]})
    organiser.get(PDF, headers=person | {"Range": "bytes=0-99"})
    organiser.get(PDF, headers={"User-Agent": "Googlebot/2.1"})
    organiser.get(PDF.replace("/fr/", "/it/"), headers=person)
    assert "Set-Cookie" not in first.headers
    # Counted a round later, so that nobody still writes there; once more counts nothing twice.
    for _round in range(4):
        downloads.count_downloads()
    rows = {(one.language, one.day): one.number for one in db.session.scalars(select(BrochureDownload))}
    assert rows == {("fr", date(2026, 3, 2)): 2, ("it", date(2026, 3, 2)): 1}
    assert "3 in 30 days" in visit(organiser, LIST).text


def test_a_download_never_fails_where_it_cannot_be_noted(organiser, monkeypatch):
    def full(*_arguments):
        raise OSError("no space left")

    monkeypatch.setattr("sets.catalogue.downloads.os.open", full)
    assert organiser.get(PDF).status_code == 200


def test_a_draft_has_no_place_on_the_site(catalogue, client):
    trainings.add_training("soon", hours=3, position=1)
    assert db.session.scalar(select(Training.state).where(Training.slug == "soon")) == TrainingState.DRAFT
    assert visit(client, "/en/trainings/soon", status=404)
    assert db.session.scalars(select(Brochure.training_id).distinct()).all()
