"""`/healthz`: whether web, database, migrations and worker are well, for proxies and monitors; nothing of people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, Response, jsonify
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from .. import clock
from ..database import db
from ..mailing import presence
from ..mailing.models import Delivery
from ..schema import newest_revision

blueprint = Blueprint("health", __name__)

# A worker beats every ten seconds.
WORKER_IS_LATE = timedelta(seconds=60)


def init_app(app: Flask) -> None:
    """Connect the page."""
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def show_health() -> tuple[Response, int, dict[str, str]]:
    health = _health()
    code = 200 if health["status"] == "ok" else 503
    return jsonify(health), code, {"Cache-Control": "no-store"}


def _health() -> dict[str, Any]:
    health: dict[str, Any] = {
        "status": "error",
        "database": "error",
        "migrations": "unknown",
        "worker_seen_at": None,
        "oldest_waiting_mail_at": None,
    }
    try:
        revision = _revision()
        health["database"] = "ok"
        health["migrations"] = "ok" if revision == newest_revision() else "behind"
        seen = presence.last_beat()
        oldest = db.session.execute(_OLDEST).scalar()
    except SQLAlchemyError:
        db.session.rollback()
        return health
    health["worker_seen_at"] = seen.isoformat() if seen else None
    health["oldest_waiting_mail_at"] = oldest.isoformat() if oldest else None
    if health["migrations"] == "ok" and seen and clock.now() - seen < WORKER_IS_LATE:
        health["status"] = "ok"
    return health


def _revision() -> str | None:
    db.session.execute(text("SELECT 1"))
    try:
        return db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError:
        db.session.rollback()
        return None


# Written out, so that the partial index of waiting mails serves it.
_OLDEST = select(func.min(Delivery.posted_at)).where(text("delivery.status IN ('queued','retry')"))
