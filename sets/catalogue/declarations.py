"""The two TOML files of a catalogue, read and written: programme.toml and questions.toml."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from babel import Locale

from ..dates import zone_names
from ..languages import LANGUAGES
from .texts import Problem

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")
FUNDERS = ("", "eu")
# The kinds of question by their key, with whether they take options and whether other questions may depend on their
# answer: filled by `questionnaires.types`, where each is a class.
KINDS: dict[str, tuple[bool, bool]] = {}
PROGRAMME = {
    "name": str, "full_name": str, "operator": str, "contact_email": str, "languages": list, "time_zone": str,
    "funder": str, "grant": str, "partners": list, "trainings": list,
}  # fmt: skip
PARTNER, TRAINING = {"name": str, "country": str, "lead": bool}, {
    "slug": str, "hours": int, "texts_in": list, "reply_to": str,
}  # fmt: skip
QUESTION = {
    "key": str,
    "type": str,
    "training": str,
    "required": bool,
    "label": dict,
    "whole": bool,
    "lowest": float,
    "highest": float,
    "show_if": dict,
    "hint": dict,
    "options": list,
}
OPTION = {"key": str, "label": dict, "text": bool}
SHOW_IF = {"question": str, "any": list}
OPTIONAL = {"texts_in", "reply_to",
    "lead", "training", "hint", "options", "partners", "trainings", "grant", "whole", "lowest", "highest", "show_if",
    "text",
}  # fmt: skip
KIND_NAMES = {
    str: "a text",
    list: "a list",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "one per language",
}


@dataclass
class Declaration:
    """What a file declares, and what is wrong in it. `content` is None when it is not TOML at all."""

    source: str
    content: Any = None
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, sentence: str, *path: str | int) -> None:
        """Note a problem at the place of that key: ("trainings", 2, "hours")."""
        self.problems.append(Problem(_line(self.source, path), sentence))

    def keys(self, table: Mapping[str, Any], known: Mapping[str, type], *path: str | int) -> bool:
        """Check the names and kinds of a table's keys; tell whether they are right."""
        before = len(self.problems)
        for name in known:
            if name not in table and name not in OPTIONAL:
                self.refuse(f"“{name}” is missing", *path)
        for name, value in table.items():
            if name not in known:
                self.refuse(f"“{name}” is unknown; there are {', '.join(known)}", *path, name)
            elif type(value) is not known[name] and not (known[name] is float and type(value) is int):
                self.refuse(f"“{name}” is not {KIND_NAMES[known[name]]}", *path, name)
        return len(self.problems) == before

    def tables(
        self, name: str, known: Mapping[str, type], within: Any, *path: Any
    ) -> Iterator[tuple[int, Any]]:
        """Yield the right tables of a list, with their numbers."""
        for number, table in enumerate(within.get(name) or []):
            if not isinstance(table, dict):
                self.refuse(f"“{name}” is not a list of tables; write [[{name}]]", *path, name)
            elif self.keys(table, known, *path, name, number):
                yield number, table


def name_kind(key: str, *, has_options: bool, decides: bool) -> None:
    """Let questions.toml name a kind of question."""
    KINDS[key] = has_options, decides


def read_programme(source: str) -> Declaration:
    """Return (programme, trainings) as their file declares them."""
    declaration, table = _parsed(source)
    if table is None or not declaration.keys(table, PROGRAMME):
        return declaration
    for name in ("name", "full_name", "operator"):
        if not table[name].strip():
            declaration.refuse(f"“{name}” is empty", name)
    if not ADDRESS.fullmatch(table["contact_email"]):
        declaration.refuse("“contact_email” is not an e-mail address", "contact_email")
    if table["time_zone"] not in zone_names():
        declaration.refuse(f"“{table['time_zone']}” is not a time zone, such as Europe/Paris", "time_zone")
    if table["funder"] not in FUNDERS:
        declaration.refuse('“funder” is neither "eu" nor empty', "funder")
    languages = table["languages"]
    if not languages or len(set(map(str, languages))) != len(languages):
        declaration.refuse("“languages” is empty, or names one twice", "languages")
    for code in languages:
        if code not in LANGUAGES:
            declaration.refuse(
                f"the site does not speak “{code}”; it speaks {', '.join(LANGUAGES)}", "languages"
            )
    territories = Locale.parse("en").territories
    for number, partner in declaration.tables("partners", PARTNER, table):
        if len(partner["country"]) != 2 or partner["country"] not in territories:
            declaration.refuse(
                f"“{partner['country']}” is not a country, such as FR", "partners", number, "country"
            )
    slugs = set()
    for number, training in declaration.tables("trainings", TRAINING, table):
        if not SLUG.fullmatch(training["slug"]) or len(training["slug"]) > 80:
            declaration.refuse("“slug” takes small letters, digits and hyphens", "trainings", number, "slug")
        if training["slug"] in slugs:
            declaration.refuse(
                f"the training “{training['slug']}” is there twice", "trainings", number, "slug"
            )
        if not 0 < training["hours"] < 1000:
            declaration.refuse("“hours” is not between 1 and 999", "trainings", number, "hours")
        own = training.get("texts_in", languages)
        if set(map(str, own)) - set(map(str, languages)) or not own or own[0] != languages[0]:
            declaration.refuse(
                "“texts_in” begins with the first language and names those of the programme",
                "trainings",
                number,
                "texts_in",
            )
        if "reply_to" in training and not ADDRESS.fullmatch(training["reply_to"]):
            declaration.refuse("“reply_to” is not an e-mail address", "trainings", number, "reply_to")
        slugs.add(training["slug"])
    partners = [{**partner, "lead": partner.get("lead", False)} for partner in table.get("partners", [])
                if isinstance(partner, dict)]  # fmt: skip
    names = [name for name in PROGRAMME if name not in ("partners", "trainings")]
    programme = {name: table.get(name, "") for name in names} | {"partners": partners}
    declaration.content = programme, table.get("trainings", [])
    return declaration


def read_questions(source: str, languages: list[str], slugs: list[str]) -> Declaration:
    """Return the questions as their file declares them, in order."""
    declaration, table = _parsed(source)
    if table is None or not declaration.keys(table, {"questions": list}):
        return declaration
    keys: set[str] = set()
    earlier: dict[str, dict[str, Any]] = {}
    for number, question in declaration.tables("questions", QUESTION, table):
        at = ("questions", number)
        _check_key(declaration, question["key"], keys, *at, "key")
        if question["type"] not in KINDS:
            kinds = ", ".join(KINDS)
            declaration.refuse(f"the type “{question['type']}” is unknown; there are {kinds}", *at, "type")
        if "training" in question and question["training"] not in slugs:
            declaration.refuse(f"there is no training “{question['training']}”", *at, "training")
        _check_languages(declaration, question, languages, *at)
        options = question.get("options", [])
        takes_options, _decides = KINDS.get(question["type"], (bool(options), False))
        if takes_options and len(options) < 2:
            declaration.refuse("a choice needs two options or more", *at)
        elif options and not takes_options:
            declaration.refuse(f"a question of type “{question['type']}” has no options", *at)
        own: set[str] = set()
        for place, option in declaration.tables("options", OPTION, question, *at):
            _check_key(declaration, option["key"], own, *at, "options", place, "key")
            _check_languages(declaration, option, languages, *at, "options", place)
        if sum(bool(option.get("text")) for option in options if isinstance(option, dict)) > 1:
            declaration.refuse("only one option of a question takes a text", *at)
        _check_number(declaration, question, *at)
        _check_condition(declaration, question, earlier, *at)
        earlier[question["key"]] = question
    declaration.content = table["questions"]
    return declaration


def write_programme(programme: Mapping[str, Any], trainings: Iterable[Mapping[str, Any]]) -> str:
    """Return programme.toml."""
    lines = [
        f"{name} = {_toml(programme[name])}" for name in PROGRAMME if name in programme and name != "partners"
    ]
    for partner in programme.get("partners", []):
        lines += [
            "",
            "[[partners]]",
            f"name = {_toml(partner['name'])}",
            f"country = {_toml(partner['country'])}",
        ]
        lines += ["lead = true"] if partner.get("lead") else []
    for training in trainings:
        lines += ["", "[[trainings]]", f"slug = {_toml(training['slug'])}", f"hours = {training['hours']}"]
        lines += [
            f"{name} = {_toml(training[name])}" for name in ("texts_in", "reply_to") if training.get(name)
        ]
    return "\n".join(lines) + "\n"


def write_questions(questions: Iterable[Mapping[str, Any]]) -> str:
    """Return questions.toml."""
    lines: list[str] = []
    for question in questions:
        lines += ["", "[[questions]]"]
        lines += [f"{name} = {_toml(question[name])}"
                  for name in ("key", "type", "training", "required", "whole", "lowest", "highest")
                  if name in question]  # fmt: skip
        if condition := question.get("show_if"):
            lines.append(
                f"show_if = {{ question = {_toml(condition['question'])}, any = {_toml(condition['any'])} }}"
            )
        lines += _by_language(question)
        for option in question.get("options", ()):
            lines += ["", "[[questions.options]]", f"key = {_toml(option['key'])}"]
            lines += ["text = true"] if option.get("text") else []
            lines += _by_language(option)
    return "\n".join(lines[1:]) + "\n"


def _parsed(source: str) -> tuple[Declaration, Any]:
    declaration = Declaration(source)
    try:
        return declaration, tomllib.loads(source.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        sentence = "this is not TOML: " + re.sub(r" \(at .*\)", "", str(error)).rstrip(".")
        declaration.problems.append(Problem(int(found[1]) if found else source.count("\n") + 1, sentence))
        return declaration, None


def _check_key(declaration: Declaration, key: str, seen: set[str], *path: str | int) -> None:
    if not KEY.fullmatch(key):
        declaration.refuse("“key” takes small letters, digits and underscores", *path)
    if key in seen:
        declaration.refuse(f"the key “{key}” is there twice", *path)
    seen.add(key)


def _check_number(declaration: Declaration, question: Mapping[str, Any], *path: str | int) -> None:
    given = [name for name in ("whole", "lowest", "highest") if name in question]
    if given and question["type"] != "number":
        declaration.refuse(f"only a number has “{given[0]}”", *path, given[0])
    elif "lowest" in question and "highest" in question and question["lowest"] > question["highest"]:
        declaration.refuse("“lowest” is above “highest”", *path, "lowest")


def _check_condition(
    declaration: Declaration, question: Mapping[str, Any], earlier: Mapping[str, Any], *path: str | int
) -> None:
    """Refuse a condition that looks at a later question, at another training's, or at an answer that is not there."""
    condition = question.get("show_if")
    if condition is None or not declaration.keys(condition, SHOW_IF, *path):
        return
    decider = earlier.get(condition["question"])
    if decider is None or decider.get("training") not in (None, question.get("training")):
        declaration.refuse(
            f"“show_if” names “{condition['question']}”, which is no earlier question of the same form",
            *path,
            "show_if",
        )
    elif not KINDS.get(decider["type"], (False, False))[1]:
        declaration.refuse(
            f"“show_if” names “{condition['question']}”, which is neither a choice nor yes or no",
            *path,
            "show_if",
        )
    else:
        offered = [option.get("key") for option in decider.get("options", ()) if isinstance(option, dict)]
        answers = (True, False) if decider["type"] == "yes_no" else offered
        if not condition["any"] or any(
            type(one) is not type(answers[0]) or one not in answers for one in condition["any"]
        ):
            declaration.refuse(
                "“show_if.any” is empty, or names an answer that is not offered", *path, "show_if"
            )


def _check_languages(declaration: Declaration, table: Any, languages: list[str], *path: str | int) -> None:
    for name in ("label", "hint"):
        words = table.get(name)
        if words is None:
            continue
        # The first language must be there; what is not translated yet falls back to it.
        for code in languages:
            given = words.get(code, "" if code == languages[0] else "later")
            if not isinstance(given, str) or not given.strip():
                declaration.refuse(f"“{name}.{code}” is missing", *path)
        for code in words:
            if code not in languages:
                declaration.refuse(
                    f"“{name}.{code}” is in none of the programme's languages", *path, f"{name}.{code}"
                )


def _by_language(table: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}.{code} = {_toml(table[name][code])}"
        for name in ("label", "hint")
        for code in LANGUAGES
        if code in (table.get(name) or {})
    ]


def _toml(value: Any) -> str:
    # TOML's basic strings, booleans and lists of strings are those of JSON, but for U+007F.
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")


def _line(source: str, path: tuple[str | int, ...]) -> int:
    """Return the line of a key, or of the table it should stand in; TOML's reader tells no places."""
    rows = source.splitlines()
    start, name = 0, ""
    for part in path:
        if isinstance(part, int):
            header = re.compile(rf"\s*\[\[\s*{re.escape(name.removeprefix('.'))}\s*\]\]")
            found = [at for at, row in enumerate(rows) if at >= start and header.match(row)]
            start = found[part] if part < len(found) else start
            continue
        name = f"{name}.{part}"
        pattern = re.compile(rf"\s*{re.escape(part)}\s*[.=]")
        key = next((at for at in range(start, len(rows)) if pattern.match(rows[at])), None)
        if key is not None and part == path[-1]:
            return key + 1
    return start + 1
