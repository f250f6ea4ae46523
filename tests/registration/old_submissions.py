"""A file as the earlier form gave it: 500 submissions in four languages, some of them wrong. Written by `main`.

Run `python -m tests.registration.old_submissions` to write tests/fixtures/imports/submissions.csv anew: the same seed
gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta
from pathlib import Path

PATH = Path(__file__).resolve().parents[1] / "fixtures" / "imports" / "submissions.csv"
HEADINGS = [
    "Submission Date", "Prénom", "Nom", "Adresse e-mail", "Nom de votre structure", "Type de structure", "Fonction",
    "Pays", "Langue préférée", "Formations souhaitées", "Date de la session",
    "Comment avez-vous connu le programme ?", "Newsletter", "Commentaire",
    "Quels outils utilisez-vous aujourd’hui ?",
]  # fmt: skip
FIRST = [
    "Zoé",
    "Amélie",
    "Íñigo",
    "François",
    "Chiara",
    "Nuño",
    "Hélène",
    "Łukasz",
    "Søren",
    "Noémie",
    "José",
    "Renée",
]
LAST = ["Lefèvre", "Núñez", "D’Angelo", "Müller", "Bœuf", "Peña", "Città", "Ibáñez", "Garçon", "O'Neill"]
KINDS = ["Association", "Coopérative", "Cooperativa", "Fondation", "Asociación", "Impresa sociale"]
COUNTRIES = ["France", "España", "Italia", "Belgique", "Germany", "Slovénie"]
LANGUAGES = ["Français", "English", "Español", "italiano"]
SOURCES = ["Par un collègue ou une amie", "Bouche à oreille", "In a newsletter", ""]
TRAININGS = ["social", "digital", "ai"]
DAYS = {"social": "2025-03-11", "digital": "2025-03-18", "ai": "2025-03-25"}
LINES = 500
# What is wrong, by number of the line (as a spreadsheet counts: the headings are line 1).
NO_ADDRESS, BAD_ADDRESS, NO_NAME, BAD_DATE, NO_SESSION = 20, 45, 70, 95, 120
DUPLICATE, DUPLICATE_OF, FORMULA, BREAK, UNKNOWN = 145, 10, 170, 195, 220
ERRORS = {NO_ADDRESS, BAD_ADDRESS, NO_NAME, BAD_DATE, NO_SESSION}


def rows(titles: dict[str, str]) -> list[list[str]]:
    """Return the lines; `titles` says what each training is called in the file."""
    dice, found = random.Random(2025), []
    for number in range(2, LINES + 2):
        sent = datetime(2025, 1, 6, 8, 0) + timedelta(minutes=97 * number)
        first, last = dice.choice(FIRST), dice.choice(LAST)
        training = dice.choice(TRAININGS)
        row = [
            sent.strftime("%b %-d, %Y") if number % 2 else sent.strftime("%Y-%m-%d %H:%M:%S"),
            first, last, f"person{number}@example.org", f"Les Tilleuls {number % 40}", dice.choice(KINDS), "Animatrice",
            dice.choice(COUNTRIES), LANGUAGES[number % 4], titles[training], DAYS[training], dice.choice(SOURCES),
            "Oui" if number % 3 == 0 else "", "",
            "Réunions en visioconférence\nMessagerie et fichiers partagés" if number % 7 == 0 else "",
        ]  # fmt: skip
        found.append(row)
    _spoil(found, titles)
    return found


def _spoil(found: list[list[str]], titles: dict[str, str]) -> None:
    def line(number: int) -> list[str]:
        return found[number - 2]

    line(NO_ADDRESS)[3] = ""
    line(BAD_ADDRESS)[3] = "zoe(at)example.org"
    line(NO_NAME)[1] = line(NO_NAME)[2] = ""
    line(BAD_DATE)[0] = "Hier soir"
    line(NO_SESSION)[10] = "2025-02-03"
    found[DUPLICATE - 2] = list(line(DUPLICATE_OF))
    line(FORMULA)[4] = '=HYPERLINK("https://example.org";"Tilleuls")'
    line(BREAK)[13] = 'Bonjour,\nje viendrai avec « deux » collègues ; merci, "vraiment"'
    line(UNKNOWN)[8] = "Deutsch"
    line(230)[14] = "Réunions en visioconférence\nTélécopie"
    # Two trainings in one cell, one per line.
    for number in (250, 300):
        line(number)[9] = f"{titles['social']}\n{titles['digital']}"
        line(number)[10] = ""


def as_csv(table: list[list[str]], *, separator: str = ",", encoding: str = "utf-8-sig") -> bytes:
    """Return a table as the bytes of a file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(table)
    return text.getvalue().encode(encoding)


def some_lines() -> list[list[str]]:
    """Return the headings and the lines that are like no other, with a few that are ordinary."""
    found = rows(SHORT)
    special = {*ERRORS, DUPLICATE, DUPLICATE_OF, FORMULA, BREAK, UNKNOWN, 230, 250, 300}
    return [HEADINGS, *(row for number, row in enumerate(found, 2) if number in special or number < 8)]


# As the earlier form called them: the second is no title of ours.
SHORT = {
    "social": "Économie sociale",
    "digital": "Le numérique au quotidien",
    "ai": "Artificial intelligence",
}


if __name__ == "__main__":
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_bytes(as_csv([HEADINGS, *rows(SHORT)]))
