"""docs/architecture.md as tests: the source keeps each rule, and each rule notices when it is broken."""

from __future__ import annotations

import textwrap

import pytest

from tests import source_rules
from tests.source import Module, imports, modules

# One example per rule of what it must refuse: the modules, and a part of what is said.
BROKEN = {
    "layers_point_down": ({"sets.mailing.a": "def f():\n    from sets.staff import models", "sets.staff.models": ""},
                          "mailing below staff"),
    "ranks_point_down": ({"sets.staff.models": "from .forms import F", "sets.staff.forms": "", "sets.staff": ""},
                         "stands above it"),
    "no_cycles": ({"sets.a": "from .b import x", "sets.b": "if 1:\n    import sets.a", "sets": ""},
                  "sets.a > sets.b > sets.a"),
    "use_cases_know_no_web": ({"sets.staff.work": "from flask import request\ndef f():\n    with transaction(): ..."},
                              "knows flask.request"),
    "one_place_commits": ({"sets.staff.work": "db.session.commit()"}, "commits"),
    "one_place_asks_the_time": ({"sets.staff.work": "import datetime\ndatetime.datetime.now(UTC)"}, "datetime.now()"),
    "one_place_speaks_smtp": ({"sets.staff.work": "import smtplib"}, "imports smtplib"),
    "one_place_writes_places": ({"sets.staff.work": "update(S).values(places_taken=S.places_taken + 1)"}, "writes"),
    "one_caller_takes_places": ({"sets.staff.work": "def add():\n    places.take(1)"}, "add() takes a place"),
    "modules_open_with_words": ({"sets.staff.work": "x = 1"}, "no docstring"),
    "files_are_short": ({"sets.staff.work": "x = 1\n" * 401}, "401 lines"),
    "names_mean_something": ({"sets.staff.utils": ""}, "is called utils"),
    "views_are_named": ({"sets.staff.x_views": "@bp.get('/')\ndef sign_in(): ..."}, "the view sign_in"),
    "views_are_short": ({"sets.staff.x_views": "@bp.get('/')\ndef show_x():\n" + "    x = 1\n" * 16}, "16 lines"),
    "views_show_their_own_templates": ({"sets.staff.x_views": "render_template('catalogue/x.html')"}, "renders"),
}  # fmt: skip
WORK = "def f():\n    with transaction(): ..."
# More ways of breaking a rule that were nearly missed.
ALSO_BROKEN = [
    ("layers_point_down", {"sets.staff.a": "from sets import create_app", "sets": ""}, "factory"),
    (
        "ranks_point_down",
        {"sets.pages.staff_views": "from sets.staff.x_views import f", "sets.staff.x_views": ""},
        "views",
    ),
    (
        "use_cases_know_no_web",
        {"sets.staff.x_views": "with transaction(): ..."},
        "instead of calling a use case",
    ),
    ("one_place_asks_the_time", {"sets.staff.a": "import time\ntime.time()"}, "time.time()"),
    ("one_place_writes_places", {"sets.staff.a": "session.places_taken += 1"}, "writes"),
    (
        "views_are_named",
        {"sets.staff.a_views": "@bp.route('/', methods=['GET', 'POST'])\ndef edit_x(): ..."},
        "POST",
    ),
]


@pytest.mark.parametrize("rule", source_rules.RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_rule(rule):
    assert list(rule(modules())) == []


@pytest.mark.parametrize("rule", source_rules.RULES, ids=lambda rule: rule.__name__)
def test_the_rule_notices_when_it_is_broken(rule):
    texts, expected = BROKEN[rule.__name__]
    assert any(expected in fault for fault in rule(_made(texts)))


@pytest.mark.parametrize(("rule", "texts", "expected"), ALSO_BROKEN)
def test_the_rule_notices_other_ways_of_breaking_it(rule, texts, expected):
    assert any(expected in fault for fault in getattr(source_rules, rule)(_made(texts)))


def test_imports_are_found_wherever_they_stand():
    known = _made(
        {
            "sets": "",
            "sets.clock": "",
            "sets.staff": "",
            "sets.staff.models": "",
            "sets.staff.work": """
                from . import models
                from .. import clock
                if TYPE_CHECKING:
                    from sets.clock import now
            """,
        }
    )
    found = [target for target, _ in imports(known["sets.staff.work"], known)]
    assert found == ["sets.staff.models", "sets.clock", "sets.clock"]


def test_the_site_is_read_whole():
    assert {"sets", "sets.clock", "sets.database", "sets.registration.models"} <= set(modules())


def _made(texts):
    return {name: Module(name, textwrap.dedent(text)) for name, text in texts.items()}
