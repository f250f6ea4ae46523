"""A kind of mail for tests, with its templates; and a worker that knows it: `python -m tests.mailing.probe`."""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from sets.database import db, transaction
from sets.mailing import kinds, outbox
from sets.mailing.kinds import Letter, Links, NotWanted, Part, Posted, Poster
from sets.mailing.models import Delivery, Priority

KIND = "probe"
TOKEN = "3f2a.1.secret-of-the-learner"
TEMPLATES = {
    "mail/probe/subject.txt": "{{ _('Register') }} {{ what }}",
    "mail/probe/body.txt": "{{ what }}\n\n\n\nYour page: {{ link }}\n. a line that begins with a dot\n",
    "mail/probe/body.html": """
        {% extends "layouts/mail.html" %}
        {% from "macros/mail.html" import button, fact, note %}
        {% block preheader %}{{ what }}{% endblock %}
        {% block heading %}{{ what }}{% endblock %}
        {% block content %}{{ fact(what, "more") }}{{ button(link, what) }}{{ note(what) }}{% endblock %}
        {% block reason %}Because.{% endblock %}
    """,
}


def compose(posted: Posted, links: Links) -> Letter:
    facts = posted.facts
    if facts.get("not_wanted"):
        raise NotWanted("changed_mind")
    if facts.get("broken"):
        raise RuntimeError("secret@example.org")
    return Letter(
        context={
            "what": facts.get("what", "A place"),
            "link": links.hide(f"http://localhost/my/{TOKEN}", TOKEN),
        },
        posters=[Poster("Training 1", "Understanding", "#0b6b4a", "#f7f0e1", 1)]
        if facts.get("poster")
        else (),
        parts=[Part(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "date.ics", method="REQUEST")]
        if facts.get("ics")
        else (),
        reply_to=facts.get("reply_to", ""),
        headers=facts.get("headers", {}),
    )


def add_probe(app: Flask) -> Flask:
    """Make the kind known to this app."""
    kinds.register(KIND, compose)
    loader: Any = app.jinja_env.loader
    app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), loader])
    return app


def post(*addresses: str, priority: int = Priority.CONFIRMATION, **facts: Any) -> None:
    """Store one mail for each address."""
    with transaction():
        for to in addresses:
            outbox.post(KIND, to=to, language=facts.get("language", "en"), priority=priority, facts=facts)


def states() -> dict[str | None, str]:
    """Return the state of each mail, by its receiver."""
    db.session.rollback()
    db.session.expire_all()
    return {one.to_address: str(one.status) for one in db.session.query(Delivery).order_by(Delivery.id)}


def only() -> Delivery:
    """Return the one mail there is, as stored now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Delivery).one()


if __name__ == "__main__":
    from sets import create_app, worker

    worker.serve(add_probe(create_app()))
