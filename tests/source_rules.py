"""The rules of docs/architecture.md that can be read off the source: each takes modules and returns what breaks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.source import (
    FORM,
    LAYERS,
    RANKS,
    VIEW,
    Module,
    calls,
    dotted,
    imports,
    names,
    rank,
    use_cases,
    views,
)  # fmt: skip

COMMITS = {"sets.database"}
SMTP = {"sets.mailing.transport"}
CLOCK = {"sets.clock"}
PLACES = {"sets.catalogue.places"}
WALL_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "handler", "process",
             "data", "info"}  # fmt: skip
NAMED = (ast.FunctionDef, ast.ClassDef)
VIEW_NAME = re.compile(r"(list|show|new|create|edit|update|delete)_\w+")
READING, WRITING = {"list", "show", "new", "edit"}, {"create", "update", "delete"}
LONGEST_VIEW, LONGEST_FILE = 15, 400


def layers_point_down(known: dict[str, Module]) -> Iterator[str]:
    """Imports go to the same layer or to one below; nobody imports the factory but what is started from outside."""
    for module in known.values():
        for target, line in imports(module, known):
            other = known[target]
            if other.layer > module.layer or (target == "sets" and module.layer != LAYERS.index("entry")):
                yield f"{module.name}:{line} imports {target} ({LAYERS[module.layer]} below {LAYERS[other.layer]})"


def ranks_point_down(known: dict[str, Module]) -> Iterator[str]:
    """In a capability: views > forms > use cases > messages, listing, export > models; views are imported by none."""
    working = use_cases(known)
    for module in known.values():
        for target, line in imports(module, known):
            other = known[target]
            if other.capability and other.is_view and module.layer < LAYERS.index("factory"):
                yield f"{module.name}:{line} imports the views {target}"
            elif module.capability and module.capability == other.capability:
                below_forms = module.rank < FORM <= other.rank
                low = module.short in RANKS and module.rank < FORM and target in working
                if below_forms or low:
                    yield f"{module.name}:{line} imports {target}, which stands above it"


def no_cycles(known: dict[str, Module]) -> Iterator[str]:
    """No module needs itself, however many steps it takes."""
    needs = {
        name: {target for target, _ in imports(module, known)} - {name} for name, module in known.items()
    }
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> Iterator[str]:
        if name in path:
            yield " > ".join((*path[path.index(name) :], name))
        elif name not in done:
            for target in sorted(needs[name]):
                yield from walk(target, (*path, name))
            done.add(name)

    for name in sorted(needs):
        yield from walk(name, ())


def use_cases_know_no_web(known: dict[str, Module]) -> Iterator[str]:
    """What opens a transaction is no view, and knows no form, no view, no request and no page."""
    web = {"request", "session", "redirect", "render_template", "flash", "abort"}
    for module in known.values():
        if "transaction" not in calls(module) or module.name == "sets.database":
            continue
        if module.is_view and not module.short.endswith("commands"):
            yield f"{module.name} opens a transaction itself instead of calling a use case"
            continue
        for target, line in imports(module, known):
            if rank(target.rpartition(".")[2]) in (FORM, VIEW):
                yield f"{module.name}:{line} imports {target} and opens transactions"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "flask":
                for name in sorted(web & {alias.name for alias in node.names}):
                    yield f"{module.name}:{node.lineno} knows flask.{name} and opens transactions"


def one_place_commits(known: dict[str, Module]) -> Iterator[str]:
    """Only transaction() commits. Flask-Security's own commit is the one exception, and it is not in our source."""
    for module in known.values():
        for node in ast.walk(module.tree):
            if (
                module.name not in COMMITS
                and isinstance(node, ast.Call)
                and dotted(node.func).endswith(".commit")
            ):
                yield f"{module.name}:{node.lineno} commits"


def one_place_asks_the_time(known: dict[str, Module]) -> Iterator[str]:
    """Only the clock asks the system what time it is."""
    for module in known.values():
        for node in ast.walk(module.tree):
            if module.name not in CLOCK and isinstance(node, ast.Call):
                asked = ".".join(dotted(node.func).split(".")[-2:])
                if asked in WALL_CLOCK:
                    yield f"{module.name}:{node.lineno} calls {asked}()"


def one_place_speaks_smtp(known: dict[str, Module]) -> Iterator[str]:
    """Only mailing.transport knows smtplib and Flask-Mail."""
    for module in known.values():
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                if module.name not in SMTP and name.split(".")[0] in ("smtplib", "flask_mail", "aiosmtplib"):
                    yield f"{module.name}:{node.lineno} imports {name}"


def one_place_writes_places(known: dict[str, Module]) -> Iterator[str]:
    """Only catalogue.places changes places_taken."""
    for module in known.values():
        if module.name in PLACES:
            continue
        for node in ast.walk(module.tree):
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            if isinstance(node, (ast.Assign, ast.AugAssign)):
                written = any(isinstance(t, ast.Attribute) and t.attr == "places_taken" for t in targets)
            elif isinstance(node, ast.Call):
                written = any(keyword.arg == "places_taken" for keyword in node.keywords)
            elif isinstance(node, ast.Dict):
                written = any(names(key, "places_taken") for key in node.keys)
            else:
                continue
            if written:
                yield f"{module.name}:{node.lineno} writes places_taken"


def one_caller_takes_places(known: dict[str, Module]) -> Iterator[str]:
    """Only registration's _seat() takes a place: it is the one that looks at the queue."""
    for module in known.values():
        if module.name in PLACES:
            continue
        for function in ast.walk(module.tree):
            if isinstance(function, ast.FunctionDef) and function.name != "_seat":
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and dotted(node.func) in (
                        "places.take",
                        "take",
                        "take_place",
                    ):
                        yield f"{module.name}:{node.lineno} {function.name}() takes a place"


def modules_open_with_words(known: dict[str, Module]) -> Iterator[str]:
    """Every module says what lives in it."""
    for module in known.values():
        if module.text.strip() and not ast.get_docstring(module.tree):
            yield f"{module.name} has no docstring"


def files_are_short(known: dict[str, Module]) -> Iterator[str]:
    """No file is longer than a person reads in one go."""
    for module in known.values():
        if (length := len(module.text.splitlines())) > LONGEST_FILE:
            yield f"{module.name} has {length} lines, at most {LONGEST_FILE}"


def names_mean_something(known: dict[str, Module]) -> Iterator[str]:
    """No module, function or class bears a name that fits anything; a method may bear the one its ancestor chose."""
    for module in known.values():
        for part in module.name.split("."):
            if part in FORBIDDEN:
                yield f"{module.name} is called {part}"
        for node in ast.walk(module.tree):
            ours = isinstance(node, ast.ClassDef) or node in module.tree.body
            if ours and isinstance(node, NAMED) and node.name.strip("_").lower() in FORBIDDEN:
                yield f"{module.name}:{node.lineno} {node.name} says nothing"


def views_are_named(known: dict[str, Module]) -> Iterator[str]:
    """A view is <list|show|new|create|edit|update|delete>_<resource>: the first four letters tell GET from POST."""
    for module, view, methods in views(known):
        if not VIEW_NAME.fullmatch(view.name):
            yield f"{module.name}:{view.lineno} the view {view.name}"
            continue
        verb = view.name.partition("_")[0]
        if (verb in READING and methods - {"GET", "HEAD"}) or (verb in WRITING and methods - {"POST"}):
            yield f"{module.name}:{view.lineno} the view {view.name} answers {', '.join(sorted(methods))}"


def views_are_short(known: dict[str, Module]) -> Iterator[str]:
    """A view parses, calls one verb and answers: at most 15 lines, its docstring left out."""
    for module, view, _ in views(known):
        body = view.body[1:] if ast.get_docstring(view) else view.body
        length = (view.end_lineno or 0) - body[0].lineno + 1 if body else 0
        if length > LONGEST_VIEW:
            yield f"{module.name}:{view.lineno} {view.name} has {length} lines, at most {LONGEST_VIEW}"


def views_show_their_own_templates(known: dict[str, Module]) -> Iterator[str]:
    """A capability's views render the templates of its own folder; staff's also those that Flask-Security names."""
    for module in known.values():
        if not (module.capability and module.is_view):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and dotted(node.func).endswith("render_template") and node.args:
                first = node.args[0]
                own = (f"{module.capability}/", *(("security/",) if module.capability == "staff" else ()))
                if isinstance(first, ast.Constant) and not str(first.value).startswith(own):
                    yield f"{module.name}:{node.lineno} renders {first.value}"


RULES = (
    layers_point_down, ranks_point_down, no_cycles, use_cases_know_no_web, one_place_commits, one_place_asks_the_time,
    one_place_speaks_smtp, one_place_writes_places, one_caller_takes_places, modules_open_with_words, files_are_short,
    names_mean_something, views_are_named, views_are_short, views_show_their_own_templates,
)  # fmt: skip
