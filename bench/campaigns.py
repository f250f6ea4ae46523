"""Row of a campaign: 10,000 recipients, from "send" to all mails queued, against as many plain INSERTs in batches."""

from __future__ import annotations

import sqlite3
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from .exports import site_at
from .measuring import Line, in_fresh_process
from .sites import filled_site

BATCH = 100
# Of ten people of a filled site, eight have a confirmed place.
OF_TEN = 8


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the line of the expansion."""
    count = 2_000 if quick else 10_000
    instance = filled_site(folder, count * 10 // OF_TEN)
    ours, queued = in_fresh_process(expanded, instance)
    floor = in_fresh_process(inserted, queued)
    yield Line(
        f"campaign of {queued:,}, queued", ours, "s", 6.0, floor=floor, ratio=ours / floor,
        note="floor: INSERTs in batches",
    )  # fmt: skip


def expanded(instance: Path) -> tuple[float, int]:
    """Return how many seconds a new campaign to everybody takes until all its mails are queued, and how many."""
    from sqlalchemy import func, select

    from sets.campaigns import sending
    from sets.campaigns.models import Campaign, CampaignText
    from sets.clock import now
    from sets.database import db, transaction
    from sets.mailing.models import Delivery
    from tests.staff.signing import make_account

    site = site_at(instance)
    with site.app_context():
        account = make_account(email=f"{uuid.uuid4()}@example.org").id
        with transaction() as session:
            campaign = Campaign(
                public_id=str(uuid.uuid4()), created_at=now(), changed_at=now(), filter={}, revision=1
            )
            for language in ("fr", "en", "es", "it"):
                campaign.texts[language] = CampaignText(
                    language=language,
                    subject="Votre lien",
                    body="{greeting}\n\n{join_link}",
                    changed_at=now(),
                )
            session.add(campaign)
        public_id, campaign_id = campaign.public_id, campaign.id
        db.session.remove()
        begun = time.perf_counter()
        sending.start_campaign(public_id, revision=1, account_id=account)
        while sending.run_due():
            pass
        taken = time.perf_counter() - begun
        found = select(func.count(Delivery.id)).where(Delivery.campaign_id == campaign_id)
        queued = int(db.session.scalar(found) or 0)
        sending.stop_campaign(public_id)
        db.session.remove()
    return taken, queued


def inserted(count: int) -> float:
    """Return how many seconds that many plain INSERTs take, each batch stored durably."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "CREATE TABLE mail (id INTEGER PRIMARY KEY, public_id TEXT UNIQUE, once_key TEXT UNIQUE, kind TEXT,"
            " priority INTEGER, campaign_id INTEGER, learner_id INTEGER, to_address TEXT, language TEXT, next_at TEXT)"
        )
        moment = datetime.now(UTC).isoformat()
        begun = time.perf_counter()
        for first in range(0, count, BATCH):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO mail (public_id, once_key, kind, priority, campaign_id, learner_id, to_address, language,"
                " next_at) VALUES (?, ?, 'campaign', 50, 1, ?, ?, 'fr', ?)",
                [
                    (str(uuid.uuid4()), f"camp:1:r{number}", number, f"a{number}@example.org", moment)
                    for number in range(first, min(first + BATCH, count))
                ],
            )
            connection.execute("COMMIT")
        return time.perf_counter() - begun
