"""The source of the site as the tests read it: modules with their layer, rank, imports and views."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# From the ground up; a module imports from its own layer and from those before it.
LAYERS = (
    "foundation", "mailing", "staff", "catalogue", "questionnaires", "registration", "campaigns", "figures",
    "certificates", "protection", "pages", "factory", "entry",
)  # fmt: skip
CAPABILITIES = set(LAYERS[1 : LAYERS.index("factory")])
TOP_MODULES = {"sets.commands": "pages", "sets.jobs": "pages", "sets": "factory"}
# What is started from outside: it makes an app, so it stands above the factory.
ENTRIES = {"wsgi", "sets.start", "sets.worker"}
# Inside a capability, from the ground up. A module of another name is what it does: words and sums that
# everybody may use, or a use case as soon as it opens a transaction or needs a module that does.
MODELS, LOW, USE_CASE, FORM, VIEW = range(5)
RANKS = {"models": MODELS, "messages": LOW, "listing": LOW, "export": LOW, "forms": FORM}


@dataclass(frozen=True)
class Module:
    """A Python file: its dotted name and its text."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def short(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def capability(self) -> str | None:
        """The folder below sets/ that the module lives in, if it is a capability."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 and parts[1] in CAPABILITIES else None

    @property
    def layer(self) -> int:
        """How high the module stands."""
        if self.name in ENTRIES:
            return LAYERS.index("entry")
        return LAYERS.index(TOP_MODULES.get(self.name) or self.capability or "foundation")

    @property
    def rank(self) -> int:
        """How high the module stands inside its capability."""
        return rank(self.short)

    @property
    def is_view(self) -> bool:
        """Whether the module holds views or commands."""
        return self.rank == VIEW


def rank(short: str) -> int:
    """Return how high a module of that name stands inside a capability."""
    if re.fullmatch(r"(\w+_)?(views|commands)", short):
        return VIEW
    return FORM if short.endswith("_forms") else RANKS.get(short, LOW)


def modules(root: Path = ROOT) -> dict[str, Module]:
    """Return every module of the site, migrations left out."""
    found = {}
    for path in [*sorted((root / "sets").rglob("*.py")), root / "wsgi.py"]:
        parts = path.relative_to(root).with_suffix("").parts
        if "migrations" in parts or not path.exists():
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path.read_text("utf-8"))
    return found


def imports(module: Module, known: dict[str, Module]) -> Iterator[tuple[str, int]]:
    """Yield the known modules that a module imports anywhere (in functions and under TYPE_CHECKING too), with lines."""
    package = module.name if _is_package(module, known) else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in known:
                    yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = parts[: len(parts) - node.level + 1]
                base = ".".join([*above, node.module] if node.module else above)
            for alias in node.names:
                if (inner := f"{base}.{alias.name}") in known:
                    yield inner, node.lineno
                elif base in known:
                    yield base, node.lineno


def views(known: dict[str, Module]) -> Iterator[tuple[Module, ast.FunctionDef, set[str]]]:
    for module in known.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                methods = [_methods(decorator) for decorator in node.decorator_list]
                if found := set().union(*(one for one in methods if one)):
                    yield module, node, found


def _methods(decorator: ast.expr) -> set[str]:
    """The methods that a route decorator names; nothing for any other decorator."""
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return set()
    verb = decorator.func.attr
    if not (decorator.args and isinstance(decorator.args[0], (ast.Constant, ast.JoinedStr, ast.BinOp))):
        return set()
    if verb in ("get", "post", "put", "patch", "delete"):
        return {verb.upper()}
    if verb != "route":
        return set()
    for keyword in decorator.keywords:
        if keyword.arg == "methods" and isinstance(keyword.value, (ast.List, ast.Tuple, ast.Set)):
            return {str(item.value).upper() for item in keyword.value.elts if isinstance(item, ast.Constant)}
    return {"GET"}


def use_cases(known: dict[str, Module]) -> set[str]:
    """The modules that open a transaction, or need one of their own capability that does."""
    needs = {name: {target for target, _ in imports(module, known)} for name, module in known.items()}
    working = {name for name, module in known.items() if module.capability and "transaction" in calls(module)}
    while more := {
        name
        for name, module in known.items()
        if name not in working
        and any(known[t].capability == module.capability for t in needs[name] & working)
    }:
        working |= more
    return working


def _is_package(module: Module, known: dict[str, Module]) -> bool:
    return any(name.startswith(module.name + ".") for name in known) or module.name == "sets"


def calls(module: Module) -> set[str]:
    return {dotted(n.func).rpartition(".")[2] for n in ast.walk(module.tree) if isinstance(n, ast.Call)}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def names(node: ast.expr | None, name: str) -> bool:
    if isinstance(node, ast.Constant):
        return node.value == name
    return isinstance(node, ast.Attribute) and node.attr == name
