"""Erasing a person on request: who, what goes and what stays, why; then the proof, on the page and as a PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..languages import LANGUAGES, speaking
from ..registration import phrases
from ..registration.applying import Actor
from ..registration.models import ACTIVE, Learner
from ..registration.standing import standings_of
from ..staff.guard import signed_in_account, staff_blueprint
from ..staff.roles import role_of
from .documents import document_pdf
from .erasure_forms import ErasureForm
from .models import ErasureProof
from .proof_words import count_words, proof_rows, reason_words
from .proofs import counted, erase_with_proof, find_learner, find_proof, list_proofs, people_at

blueprint = staff_blueprint("erasures", __name__, role="organiser", url_prefix="/staff/erasures")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_erasures() -> Any:
    """Find a person by their address, or a proof by its reference; show the latest proofs."""
    sought = request.args.get("q", "")[:320].replace("\x00", "").strip()
    if (proof := find_proof(sought)) is not None:
        return redirect(url_for(".show_erasure", reference=proof.reference), 303)
    return render_template(
        "protection/list_erasures.html",
        sought=sought, people=people_at(sought), proofs=list_proofs(), reasons=reason_words(),
        zone=signed_in_account().time_zone,
    )  # fmt: skip


@blueprint.get("/new/<uuid:person>")
def new_erasure(person: UUID) -> str:
    """Say what goes and what stays before somebody is erased."""
    return _asking_page(find_learner(str(person)) or abort(404), ErasureForm())


@blueprint.post("/new/<uuid:person>")
def create_erasure(person: UUID) -> Any:
    """Erase the person."""
    learner, account = find_learner(str(person)) or abort(404), signed_in_account()
    form = ErasureForm(request.form)
    if not form.validate():
        return _asking_page(learner, form), 422
    actor = Actor("staff", account.id)
    reference = erase_with_proof(
        str(person), actor=actor, role=role_of(account), reason=form.reason.data or ""
    )
    flash(_("The person is erased. Here is the proof."), "done")
    return redirect(url_for(".show_erasure", reference=reference or abort(404)), 303)


@blueprint.get("/<reference>")
def show_erasure(reference: str) -> str:
    """Show a proof, ready to be printed."""
    proof = find_proof(reference) or abort(404)
    return render_template(
        "protection/show_erasure.html", proof=proof, rows=proof_rows(proof), languages=LANGUAGES
    )


@blueprint.get("/<reference>/proof.pdf")
def show_erasure_pdf(reference: str) -> Response:
    """Give the proof as a PDF, in the language of the person who was erased."""
    proof = find_proof(reference) or abort(404)
    with speaking(proof.language if proof.language in LANGUAGES else "en"):
        pdf = _pdf(proof)
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="erasure-{proof.reference}.pdf"'
    return response


def _pdf(proof: ErasureProof) -> bytes:
    lead = _("All personal data of one person were erased for good. This document names nobody.")
    title = _("Proof of erasure")
    return document_pdf(title, [lead], [("", proof_rows(proof))], f"{title} {proof.reference}")


def _asking_page(learner: Learner, form: ErasureForm) -> str:
    active = [one for one in standings_of(learner.id) if one.status in ACTIVE]
    return render_template(
        "protection/new_erasure.html",
        learner=learner, form=form, active=active, say=phrases, going=count_words(counted(learner.id)),
    )  # fmt: skip
