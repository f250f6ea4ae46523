"""The floors that are web servers: the smallest Flask apps that do the same kind of work."""

from __future__ import annotations

import io
import os

from flask import Flask, redirect, render_template, request, send_file
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy import event, insert, select

PARAGRAPH = (
    "<p>Learn to lead a cooperative with others, step by step, in live sessions and at your own pace.</p>\n"
)
PAGE = "<!doctype html><html lang=en><title>{{ title }}</title><h1>{{ title }}</h1>\n" + PARAGRAPH * 118
FORM = """<!doctype html><html lang=en><title>Register</title><h1>Register</h1><form method=post>
<p><label>First name <input name=first_name></label><p><label>Last name <input name=last_name></label>
<p><label>E-mail <input name=email type=email></label><p><button>Register</button></form>
<p>{{ title }}"""
RECEIPT = """<!doctype html><html lang=en><title>Registered</title>
<h1>Registered</h1><p>{{ person.first_name }}, {{ person.email }}"""


def hello() -> Flask:
    """Hello world; with the tag it gave, it answers 304."""
    app = Flask("hello")

    @app.get("/")
    def show() -> str:
        return "Hello, World!"

    @app.get("/tagged")
    def show_tagged() -> object:
        response = app.make_response("Hello, World!")
        response.set_etag("hello")
        return response.make_conditional(request)

    return app


def file() -> Flask:
    """A file of a brochure's size."""
    app = Flask("file")
    content = os.urandom(60_000)

    @app.get("/")
    def show() -> object:
        return send_file(io.BytesIO(content), "application/pdf")

    return app


def page() -> Flask:
    """One read, one template of 12 kB."""
    app, db, training, _ = _connected("page")

    @app.get("/")
    def show() -> str:
        row = db.session.execute(select(training).where(training.slug == "one")).scalar_one()
        return render_template("page.html", title=row.title)

    return app


def sign_up() -> Flask:
    """A form, an INSERT with its COMMIT, a receipt."""
    app, db, training, person = _connected("sign_up")

    @app.get("/register")
    def new() -> str:
        row = db.session.execute(select(training).where(training.slug == "one")).scalar_one()
        return render_template("form.html", title=row.title)

    @app.post("/register")
    def create() -> object:
        values = {name: request.form[name] for name in ("first_name", "last_name", "email")}
        made = db.session.execute(insert(person).values(**values).returning(person.id)).scalar_one()
        db.session.commit()
        return redirect(f"/receipts/{made}", 303)

    @app.get("/receipts/<int:number>")
    def show(number: int) -> str:
        return render_template("receipt.html", person=db.session.get(person, number))

    return app


def _connected(name: str) -> tuple[Flask, SQLAlchemy, type, type]:
    app = Flask(name)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["FLOOR_URL"]
    app.jinja_env.loader = DictLoader({"page.html": PAGE, "form.html": FORM, "receipt.html": RECEIPT})
    db = SQLAlchemy()

    class Training(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        slug = db.Column(db.String(60), unique=True)
        title = db.Column(db.String(200))

    class Person(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        first_name = db.Column(db.String(120))
        last_name = db.Column(db.String(120))
        email = db.Column(db.String(320), unique=True)

    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _prepare)
        db.create_all()
        if db.session.execute(select(Training)).first() is None:
            db.session.add(Training(slug="one", title="The social economy, and how to be part of it"))
            db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return app, db, Training, Person


def _prepare(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
