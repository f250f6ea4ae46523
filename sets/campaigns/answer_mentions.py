"""Which texts of campaigns say what somebody answered: told to the editor of questions, which knows no campaigns."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask
from sqlalchemy import select

from ..database import db
from ..questionnaires.models import Question
from ..questionnaires.touching import count_texts_by
from .fields import ANSWER
from .models import Campaign, CampaignState, CampaignText, KeptText

# What has left already says what it said; but those who come later may still get it.
_OPEN = Campaign.state.not_in((CampaignState.DONE, CampaignState.STOPPED)) | (
    (Campaign.state == CampaignState.DONE) & Campaign.catch_up
)


def init_app(_app: Flask) -> None:
    """Tell the editor of questions how to count."""
    count_texts_by(count_mentions)


def count_mentions(question_ids: Collection[int]) -> dict[int, int]:
    """Return how many texts use the answer to each question: of campaigns that are not over, and kept by the team."""
    fields = {
        row.id: f"{{{ANSWER}{row.key}}}"
        for row in db.session.execute(select(Question.id, Question.key).where(Question.id.in_(question_ids)))
    }
    mentions = CampaignText.body.contains(ANSWER) | CampaignText.subject.contains(ANSWER)
    rows = [
        *db.session.execute(
            select(CampaignText.subject, CampaignText.body).join(Campaign).where(_OPEN, mentions)
        ),
        *db.session.execute(select(KeptText.subject, KeptText.body)),
    ]
    texts = [f"{row.subject}\n{row.body}" for row in rows]
    return {identifier: sum(name in text for text in texts) for identifier, name in fields.items()}
