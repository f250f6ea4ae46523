"""The macros of forms, on WTForms fields: what each reader is told, and that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from werkzeug.datastructures import MultiDict
from wtforms import (
    DateField,
    EmailField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired

from sets import assets

IMPORT = '{% import "macros/forms.html" as forms %}'


class Meeting(Form):
    day = DateField("Day", [InputRequired("Give the day.")])


class Example(Form):
    name = StringField("Name", [InputRequired("Write your name.")], description="As on your badge.")
    email = EmailField("Address", render_kw={"autocomplete": "email"})
    country = SelectField("Country", [InputRequired()], choices=[SelectChoice("FR", "France")])
    kind = RadioField("Kind", [InputRequired("Choose one.")], choices=[SelectChoice("a"), SelectChoice("b")])
    places = IntegerField("Places")
    meetings = FieldList(FormField(Meeting), label="Meetings", min_entries=2)


@pytest.fixture(autouse=True)
def site(tmp_path: Any) -> Iterator[Flask]:
    app = Flask("sets", instance_path=str(tmp_path), static_folder=None)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    Babel(app)
    assets.init_app(app)
    with app.test_request_context():
        yield app


def sent(**fields: str) -> Example:
    """Return the form as it comes back after somebody sent these fields."""
    form = Example(MultiDict({name.replace("__", "-"): value for name, value in fields.items()}))
    form.validate()
    return form


def drawn(call: str, form: Form) -> str:
    return render_template_string(f"{IMPORT}{{{{ forms.{call} }}}}", form=form)


def test_a_field_is_tied_to_its_hint_and_its_error() -> None:
    page = drawn("text(form.name)", sent())
    assert '<label for="name">Name</label>' in page
    assert 'aria-describedby="name-hint name-error"' in page
    assert 'aria-invalid="true"' in page
    assert '<p class="error" id="name-error">Write your name.</p>' in page


def test_a_field_that_may_stay_empty_says_so_and_a_required_one_does_not() -> None:
    assert "(optional)" in drawn("email(form.email)", Example())
    assert "(optional)" not in drawn("text(form.name)", Example())
    assert 'autocomplete="email"' in drawn("email(form.email)", Example())


def test_the_summary_links_the_first_error_of_each_field_and_takes_the_focus() -> None:
    page = drawn("error_summary(form)", sent(country="FR", meetings__0__day="2026-03-02"))
    assert 'tabindex="-1" autofocus' in page
    assert '<a href="#name">Write your name.</a>' in page
    assert '<a href="#kind-0">Choose one.</a>' in page
    assert '<a href="#meetings-1-day">Meetings 2 – Give the day.</a>' in page
    assert "3 things to check" in page


def test_a_form_without_errors_has_no_summary() -> None:
    assert drawn("error_summary(form)", Example()).strip() == ""


def test_a_number_or_a_day_that_cannot_be_read_stays_as_it_was_typed() -> None:
    form = sent(places="about <20>", meetings__0__day="next Monday")
    page = drawn("text(form.places)", form) + drawn("text(form.meetings[0].form.day)", form)
    assert 'type="text" value="about &lt;20&gt;"' in page
    assert 'type="text" value="next Monday"' in page


def test_a_choice_is_a_fieldset_whose_boxes_the_summary_can_reach() -> None:
    page = drawn("radios(form.kind)", sent(kind="b"))
    assert '<fieldset class="group" id="kind">' in page
    assert '<input type="radio" id="kind-1" name="kind" value="b" checked>' in page


def test_a_list_without_an_empty_option_is_not_marked_required() -> None:
    assert " required" not in drawn("select(form.country)", Example())


def test_the_same_words_stand_side_by_side_each_in_its_language() -> None:
    page = render_template_string(
        '{% import "macros/languages.html" as languages %}{{ languages.side_by_side("Title", cells, id="title") }}',
        cells=[
            {"code": "fr", "name": "French", "field": Example().name, "mark": ""},
            {"code": "it", "name": "Italian", "field": Example().email, "mark": "To be seen again", "theirs": "Ciao"},
        ],
    )  # fmt: skip
    assert '<fieldset class="tongues" id="title"><legend>Title</legend>' in page
    assert '<label for="name">French</label>' in page
    assert 'lang="it"' in page
    assert 'aria-describedby="email-hint"' in page
    assert '<pre class="stored" lang="it">Ciao</pre>' in page
