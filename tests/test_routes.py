"""Every address of the site: in its language, and unshaken by nonsense. Who may open it: tests/staff/test_guard.py."""

from __future__ import annotations

import io
from uuid import UUID

import pytest
from werkzeug.routing import Rule

from tests.staff.signing import sign_in

# The addresses without a language: machines ask for them, or they speak the learner's own.
WITHOUT_LANGUAGE = {
    "/",
    "/calendar/<token>.ics",
    "/healthz",
    "/join/<token>",
    "/join/<token>/calendar.ics",
    "/robots.txt",
    "/sitemap.xml",
    "/metrics",
}
NONSENSE = {
    "nothing": {},
    "NUL and control characters": {
        "email": "a\x00b@x",
        "first_name": "\x00\x01\u2028\x7f",
        "form_nonce": "\x00",
    },
    "a megabyte": {"first_name": "x" * 1_000_000},
    "many fields": {f"field{number}": "x" for number in range(2_000)},
    "markup": {"first_name": "<script>alert(1)</script>", "email": '"><a href=x>', "csrf_token": "'"},
    "odd types": {
        "languages": ["", "xx", "\x00"],
        "news": ["a", "b"],
        "country": "ZZZZ",
        "time_zone": "../etc",
    },
}
BODIES = {
    "half a multipart": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nno end',
        "multipart/form-data; boundary=x",
    ),
    "no boundary": (b"abc", "multipart/form-data"),
    "bytes that are no text": (
        b"first_name=%ff%fe&email=%ed%a0%80&q-\xff=\xfe",
        "application/x-www-form-urlencoded",
    ),
    "JSON": (b'{"first_name": [1, {"a": null}]}', "application/json"),
}


def rules(app, method: str) -> list[Rule]:
    """Return the rules that answer a method."""
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def address(app, rule: Rule, value: str = "x") -> str:
    """Return an address that the rule takes: French, and `value` for all that it asks for."""
    given = {}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        if kind == "AnyConverter":
            given[name] = sorted(converter.items)[0]
            continue
        given[name] = {
            "LanguageConverter": "fr",
            "IntegerConverter": 1,
            "UUIDConverter": str(UUID(int=1)),
        }.get(kind, value)
    with app.test_request_context():
        built = rule.build(given)
    assert built is not None, rule
    return built[1]


def test_every_address_names_its_language_or_is_listed(app):
    odd = [r.rule for r in app.url_map.iter_rules() if not r.rule.startswith(("/<language:lang>", "/staff"))]
    assert sorted(set(odd) - WITHOUT_LANGUAGE) == []


@pytest.mark.parametrize(
    "value", ["x", "é’<>", "%00", "..", "a" * 3000], ids=["plain", "signs", "nul", "dots", "long"]
)
def test_unknown_addresses_are_not_found_and_nothing_more(app, client, value):
    found = []
    for rule in rules(app, "GET"):
        if rule.arguments - {"lang"} and not rule.rule.startswith("/staff"):
            path = address(app, rule, "value").replace("value", value)
            if (status := client.get(path).status_code) not in (301, 302, 303, 308, 404, 410):
                found.append((rule.rule, status))
    assert found == []


@pytest.mark.parametrize("name", [*NONSENSE, *BODIES])
def test_nonsense_in_a_form_never_crashes(app, client, catalogue, name):
    shaken = []
    for rule in rules(app, "POST"):
        path = address(app, rule)
        if name in NONSENSE:
            answer = client.post(path, data=NONSENSE[name])
        else:
            body, kind = BODIES[name]
            answer = client.post(
                path, input_stream=io.BytesIO(body), content_length=len(body), content_type=kind
            )
        if answer.status_code >= 500:
            shaken.append((rule.rule, answer.status_code))
    assert shaken == []


@pytest.mark.parametrize("query", ["\x00", "\ud800", "é", "x" * 5000, "1;DROP", "-1"])
def test_nonsense_in_a_query_never_crashes(app, client, catalogue, query):
    sign_in(client, "administrator")
    names = ("session", "training", "status", "language", "q", "page", "sort", "next", "lang")
    values = {name: query.encode("utf-8", "surrogatepass") for name in names}
    shaken = []
    for rule in rules(app, "GET"):
        answer = client.get(address(app, rule), query_string=values)
        # /healthz says 503 as long as no worker runs.
        if rule.rule != "/healthz" and answer.status_code >= 500:
            shaken.append((rule.rule, answer.status_code))
        answer.close()
    assert shaken == []


def test_a_foreign_site_cannot_send_a_form(app, client):
    taken = []
    for rule in rules(app, "POST"):
        answer = client.post(address(app, rule), headers={"Sec-Fetch-Site": "cross-site"})
        back_to_the_door = answer.status_code == 303 and answer.headers["Location"].startswith(
            ("/staff/sign-in", "/staff/invitation/", "/staff/alarm/")
        )
        if answer.status_code not in (400, 403) and not back_to_the_door:
            taken.append((rule.rule, answer.status_code))
    assert taken == []
