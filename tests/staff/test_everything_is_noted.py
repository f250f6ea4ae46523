"""Whatever the team does is in the activity log: every form of the staff area is followed to what it stores.

The source is read, not run: from each view that takes a POST, along the names it uses, to every function that opens a
transaction; each of these has to reach `record_activity`. A new form that notes nothing is red here, until it notes
something or is named below with the reason.
"""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import sets
from sets.staff.activity_listing import verbs

ROOT = Path(sets.__file__).parent
# Forms whose answer stores nothing, or is noted on the way of Flask-Security's signals (staff/account_events.py).
FORMS_THAT_STORE_NOTHING = {
    "invitation.create_passkey": "a sign-in; Flask-Security's signal notes it",
    "campaigns.update_campaign": "a draft’s text, see write_text",
    "campaign_audience.update_audience": "a draft’s people, see change_audience",
    "campaign_audience.update_left_out": "a draft’s people, see leave_out",
    "campaign_checks.create_link_check": "asks whether links answer, and stores nothing",
    "views.update_columns": "which columns one sees, see choose_columns",
    "exports.delete_export": "ends a file, see end_export",
    "imports.update_import": "which column is what, see match_columns",
    "imports.update_import_values": "what values stand for, see settle_values",
    "texts.create_preview": "shows what is typed, and stores nothing",
    "readiness.create_readiness": "asks whether the mail server answers, and stores nothing",
}
# Transactions that a form begins and that are not an act of the person: what they are instead.
NO_ACT = {
    "sets.campaigns.drafting.write_text": "author, moment and revision stand on the text; begun and sent are noted",
    "sets.campaigns.drafting.change_audience": "a draft; whom it reached is noted when it is sent",
    "sets.campaigns.drafting.leave_out": "a draft; whom it reached is noted when it is sent",
    "sets.catalogue.brochures._note_trouble": "why a PDF cannot be made; the change of texts is noted",
    "sets.catalogue.brochures.store_brochure": "the PDF of texts that changed; the change itself is noted",
    "sets.registration.columns.choose_columns": "which columns an account sees; it touches nobody else",
    "sets.registration.exporting.request_export": "noted when the file is made, with its rows",
    "sets.registration.exporting.end_export": "a file that would end by itself; its making is noted",
    "sets.registration.exporting._claimed": "the worker’s own mark",
    "sets.registration.exporting._note": "the worker’s own progress",
    "sets.registration.importing.match_columns": "nothing is registered; receiving and confirming are noted",
    "sets.registration.importing.settle_values": "nothing is registered; receiving and confirming are noted",
    "sets.registration.importing.start_check": "nothing is registered; receiving and confirming are noted",
    "sets.registration.importing._delete_some": "the lines of a file that discard notes",
    "sets.mailing.hold.release": "below the log’s layer; staff.deliveries.release_mail notes it",
}


@cache
def module(name: str) -> dict[str, ast.AST]:
    """Return what a module of the site defines at its top, methods as "Class.method"."""
    path = ROOT.parent / (name.replace(".", "/") + ".py")
    if not path.exists():
        path = ROOT.parent / name.replace(".", "/") / "__init__.py"
    found: dict[str, ast.AST] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                found[target.id] = node.value
    return found


@cache
def imported(name: str) -> dict[str, str]:
    """Return what a module imports from the site: its own name for it, and the whole name."""
    path = ROOT.parent / (name.replace(".", "/") + ".py")
    found = {}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            parts = name.split(".")[: -node.level] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            if base.split(".")[0] == "sets":
                found |= {one.asname or one.name: f"{base}.{one.name}" for one in node.names}
    return found


def is_module(name: str) -> bool:
    return (ROOT.parent / (name.replace(".", "/") + ".py")).exists()


@cache
def uses(whole: str) -> frozenset[str]:
    """Return the whole names of what a function (or a constant) of the site uses."""
    home, _, own = whole.rpartition(".")
    if not is_module(home) or own not in module(home):
        return frozenset()
    found = set()
    for node in ast.walk(module(home)[own]):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in module(home):
                found.add(f"{home}.{node.id}")
            elif node.id in imported(home):
                found.add(imported(home)[node.id])
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            base = imported(home).get(node.value.id, "")
            if base and is_module(base):
                found.add(f"{base}.{node.attr}")
    return frozenset(found - {whole})


def reached(whole: str) -> set[str]:
    """Return everything that is reached from a function."""
    waiting, seen = [whole], set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += uses(one)
    return seen


TRANSACTION, RECORD = "sets.database.transaction", "sets.staff.activity.record_activity"


def forms(app) -> dict[str, str]:
    """Return the views of the staff area that take a POST: endpoint and whole name."""
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/staff") and "POST" in (rule.methods or ()):
            view = inspect.unwrap(app.view_functions[rule.endpoint])
            if view.__module__.startswith("sets."):
                found[rule.endpoint] = f"{view.__module__}.{view.__name__}"
    return found


def test_every_form_of_the_team_leads_to_a_line_in_the_log(app):
    silent = {name for name, view in forms(app).items() if RECORD not in reached(view)}
    assert silent == set(FORMS_THAT_STORE_NOTHING), silent ^ set(FORMS_THAT_STORE_NOTHING)


def test_every_transaction_behind_a_form_of_the_team_is_noted(app):
    acts = {one for view in forms(app).values() for one in reached(view) if TRANSACTION in uses(one)}
    silent = {one for one in acts if RECORD not in reached(one)}
    assert len(acts) > 40
    assert silent == set(NO_ACT), silent ^ set(NO_ACT)


def test_what_is_noted_has_words(app):
    spoken = {name for name, _words in verbs()}
    written = {
        verb
        for path in ROOT.rglob("*.py")
        for verb in re.findall(r'record_activity\(\s*"(\w+)"', path.read_text("utf-8"))
    }
    assert len(written) > 25
    assert written - spoken == set()
