"""Each rule of every page notices a page that breaks it; forms are sent as a browser sends them."""

from __future__ import annotations

import pytest
from flask import Flask, request

from tests import page_rules
from tests.pages import submit, visit
from tests.visitors import Visitor

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
}
HEAD = '<title>A page – Site</title><meta name="robots" content="noindex">'
GOOD = f'<!doctype html><html lang="en"><head>{HEAD}</head><body><h1>A page</h1>%s</body></html>'

BROKEN = {
    "no heading": ("<h1>A page</h1>", "<p>A page</p>", "one <h1>"),
    "two headings": ("%s", "<h1>Another</h1>", "one <h1>"),
    "another title": ("A page – Site", "Site", "does not contain the heading"),
    "another language": ('lang="en"', 'lang="fr"', "on a page of 'en'"),
    "a level left out": ("%s", "<h3>Too deep</h3>", "follows a heading of level 1"),
    "a field without label": ("%s", '<input name="x">', "has no label"),
    "an id twice": ("%s", '<p id="a"></p><p id="a"></p>', "there 2 times"),
    "a label for nothing": ("%s", '<label for="b">B</label>', "for='b'"),
    "a hint that is gone": ("%s", '<p aria-describedby="b"></p>', "aria-describedby='b'"),
    "a link to nothing": ("%s", '<a href="#b">B</a>', "'#b' leads to nothing"),
    "inline style": ("%s", '<p style="color:red">B</p>', "style='color:red'"),
    "a style element": ("</head>", "<style></style></head>", "<style>"),
    "inline script": ("%s", "<script>1</script>", "inline <script>"),
    "an event attribute": ("%s", '<p onclick="x()">B</p>', "onclick"),
    "a script address": ("%s", '<a href="javascript:x()">B</a>', "javascript: address"),
    "a foreign picture": (
        "%s",
        '<img alt="" width="1" height="1" src="https://x.org/a.png">',
        "from another site",
    ),
    "a link without words": ("%s", '<a href="/en/x"></a>', "has no words"),
    "a picture without text": ("%s", '<img src="/a.png" width="1" height="1">', "has no alt"),
    "a raw placeholder": ("%s", "<p>%(count)s places</p>", "raw text"),
    "a raw value": ("%s", "<p>None</p>", "raw text"),
    "no description": ('<meta name="robots" content="noindex">', "", "without a description"),
}
MALFORMED = ["<p><div></p>", "<li>x</b>", "</p>", "<p a=1 a=2>x</p>"]


def site(body, headers=HEADERS, path="/en/page"):
    """Return a visitor of a site of one page."""
    app = Flask(__name__)
    app.test_client_class = Visitor
    app.add_url_rule(path, "page", lambda: (body, dict(headers)))
    return app.test_client()


def test_a_good_page_passes():
    assert visit(site(GOOD % "<p>Well</p>"), "/en/page").heading == "A page"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_page_is_noticed(name):
    old, new, expected = BROKEN[name]
    page = GOOD.replace(old, new, 1).replace("%s", "")
    with pytest.raises(AssertionError) as failure:
        visit(site(page), "/en/page")
    assert expected in str(failure.value)


@pytest.mark.parametrize("body", MALFORMED)
def test_malformed_html_is_noticed(body):
    with pytest.raises(AssertionError, match="line 1"):
        visit(site(GOOD % body), "/en/page")


@pytest.mark.parametrize("name", HEADERS)
def test_a_missing_header_is_noticed(name):
    headers = {key: value for key, value in HEADERS.items() if key != name}
    with pytest.raises(AssertionError, match=name):
        visit(site(GOOD % "", headers), "/en/page")


def test_a_cookie_for_a_learner_is_noticed():
    with pytest.raises(AssertionError, match="a cookie for a learner"):
        visit(site(GOOD % "", {**HEADERS, "Set-Cookie": "a=b"}), "/en/page")


def test_a_private_page_that_may_be_kept_is_noticed():
    with pytest.raises(AssertionError, match="a private page with Cache-Control"):
        visit(site(GOOD % "", path="/en/my/token"), "/en/my/token")


def test_a_staff_form_without_token_is_noticed():
    body = GOOD % '<form method="post"><button>Save</button></form>'
    with pytest.raises(AssertionError, match="carries no csrf_token"):
        visit(site(body, {**HEADERS, "Cache-Control": "no-store"}, "/staff/x"), "/staff/x")


def test_an_english_sentence_on_a_french_page_is_noticed(tmp_path, monkeypatch):
    (tmp_path / "fr" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "fr" / "LC_MESSAGES" / "messages.po").write_text(
        'msgid ""\nmsgstr ""\n\nmsgid "%(count)s places are left"\nmsgstr "Il reste %(count)s places"\n'
    )
    monkeypatch.setattr(page_rules, "TRANSLATIONS", tmp_path)
    page_rules.untranslated.cache_clear()
    try:
        body = (GOOD % "<p>12 places are left</p>").replace('lang="en"', 'lang="fr"')
        with pytest.raises(AssertionError, match="the English text '12 places are left'"):
            visit(site(body, path="/fr/page"), "/fr/page")
        foreign = (GOOD % '<p lang="en">12 places are left</p>').replace('html lang="en"', 'html lang="fr"')
        visit(site(foreign, path="/fr/page"), "/fr/page")
    finally:
        page_rules.untranslated.cache_clear()


FORM = """<form method="post" action="/sent">
<label>Name <input name="name" value="Zoé"></label> <input type="hidden" name="token" value="t">
<label>Gone <input name="gone" value="x" disabled></label>
<label>A <input type="checkbox" name="many" value="a" checked></label>
<label>B <input type="checkbox" name="many" value="b"></label>
<label>One <input type="radio" name="one" value="1" checked></label>
<label>Two <input type="radio" name="one" value="2"></label>
<label>Country <select name="country"><option value="FR">France<option value="IT" selected>Italie</select></label>
<label>Text <textarea name="text">
typed</textarea></label>
<button>Send</button><button name="draft" value="1">Keep</button></form>"""


def sent(**fields):
    """Return what arrives when the form is sent with these fields."""
    app = Flask(__name__)
    app.test_client_class = Visitor
    app.add_url_rule("/en/form", "form", lambda: (GOOD % FORM, HEADERS))
    arrived = {}

    def take():
        arrived.update(request.form.to_dict(flat=False), **{"from": request.headers["Sec-Fetch-Site"]})
        return (GOOD % "").replace("%s", ""), HEADERS

    app.add_url_rule("/sent", "sent", take, methods=["POST"])
    submit(visit(app.test_client(), "/en/form"), **fields)
    return arrived


def test_a_form_is_sent_with_what_it_holds():
    assert sent() == {
        "name": ["Zoé"], "token": ["t"], "many": ["a"], "one": ["1"], "country": ["IT"], "text": ["typed"],
        "from": "same-origin",
    }  # fmt: skip


def test_fields_are_overridden_by_name():
    arrived = sent(name="Ève", many=["a", "b"], one="2", country="FR", button="Keep")
    assert (arrived["name"], arrived["many"], arrived["one"]) == (["Ève"], ["a", "b"], ["2"])
    assert (arrived["country"], arrived["draft"]) == (["FR"], ["1"])
    assert "many" not in sent(many=None)


@pytest.mark.parametrize("fields", [{"unknown": "x"}, {"country": "DE"}, {"one": "3"}])
def test_what_the_form_does_not_offer_cannot_be_sent_by_chance(fields):
    with pytest.raises(AssertionError):
        sent(**fields)


def test_a_forged_field_can_be_sent_on_purpose():
    assert sent(forged={"country": "DE"})["country"] == ["DE"]
