"""One person, one row: how addresses are compared, and how a learner is found or made."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import idna
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from ..database import db
from ..statements import insert_or_ignore, insert_rows, update_row
from .applying import Application
from .desk_models import MergedPerson
from .models import Learner, LearnerWord

DETAILS = (
    "first_name", "last_name", "organisation", "organisation_kind", "role", "country", "source", "time_zone",
)  # fmt: skip


WORD = re.compile(r"\w+")
LONGEST_WORD = 60
# What the entries begin with by which people who may be one person are found.
SAME_NAME, SAME_PLACE = "=", "~"
# How many may take the same address in the same moment.
MOST_RIVALS = 50
T = TypeVar("T")


def address_key(email: str) -> str:
    """Return what an address is compared by: NFC, domain in its ASCII form, all in lower case. Dots and +tags stay."""
    local, _, domain = unicodedata.normalize("NFC", email.strip()).rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        domain = domain.casefold()
    return f"{local.casefold()}@{domain.casefold()}"


def folded(*texts: str) -> str:
    """Return texts as the search compares them: without accents, in lower case."""
    joined = unicodedata.normalize("NFKD", " ".join(text for text in texts if text))
    return "".join(letter for letter in joined if not unicodedata.combining(letter)).casefold()


def find_learner(email: str) -> Any:
    """Return (id, public_id, email, language, proven_at) of the person who holds the address, or None."""
    columns = (
        Learner.id, Learner.public_id, Learner.email, Learner.language, Learner.link_version,
        *(getattr(Learner, name) for name in DETAILS),
    )  # fmt: skip
    statement = select(*columns).where(Learner.email_key == address_key(email), Learner.email_slot == 0)
    return db.session.execute(statement).first()


def learners_at(email: str) -> list[Learner]:
    """Return everybody on that address, in the order in which they came."""
    statement = select(Learner).where(Learner.email_key == address_key(email)).order_by(Learner.email_slot)
    return list(db.session.scalars(statement))


def make_learner(application: Application, moment: datetime, *, slot: int = 0) -> int | None:
    """Insert the person and return their id; None when the address is known. Waits for a rival sign-up to end.

    `slot` is 0 but for a second person on one address, whom only the team can add.
    """
    learner_id = insert_or_ignore(
        Learner,
        {name: getattr(application, name) for name in DETAILS}
        | {
            "public_id": str(uuid.uuid4()),
            "email": application.email,
            "email_key": address_key(application.email),
            "email_slot": slot,
            "language": application.mail_language or application.page_language,
            "answers": application.answers,
            "form_version_id": application.form_version_id,
            "link_version": 1,
            "feed_version": 1,
            "created_at": moment,
        },
    )
    if learner_id is not None:
        _insert_words(learner_id, application)
    return learner_id


def readdress(learner: Any, email: str) -> int:
    """Give a person (id, names, organisation) another address, inside the open transaction; return the slot they get.

    An address that somebody holds already is not merged with theirs: the person stands beside them, in a slot of
    their own. Raises IntegrityError when somebody else takes the same slot at the same time.
    """
    key = address_key(email)
    taken = set(
        db.session.scalars(
            select(Learner.email_slot).where(Learner.email_key == key, Learner.id != learner.id)
        )
    )
    slot = next(number for number in range(len(taken) + 1) if number not in taken)
    values = {"email": email, "email_key": key, "email_slot": slot, "bounced_at": None}
    update_row(Learner, learner.id, values)
    db.session.execute(delete(LearnerWord).where(LearnerWord.learner_id == learner.id))
    _insert_words(learner.id, learner, email)
    return slot


def until_settled(act: Callable[[], T]) -> T:
    """Return what a use case answers that gives somebody an address; it begins anew as often as a rival was faster."""
    for _try in range(MOST_RIVALS):
        try:
            return act()
        except IntegrityError:
            continue
    return act()


def index_words(learner_id: int, person: Any) -> None:
    """Make the person findable by the words of their name, address and organisation as they are now."""
    db.session.execute(delete(LearnerWord).where(LearnerWord.learner_id == learner_id))
    others = db.session.scalars(select(MergedPerson.email).where(MergedPerson.learner_id == learner_id))
    _insert_words(learner_id, person, others=tuple(others))


def _insert_words(learner_id: int, person: Any, email: str = "", others: tuple[str, ...] = ()) -> None:
    email = email or person.email
    words = search_words(person.first_name, person.last_name, email, person.organisation or "", *others)
    words |= {folded(one)[:LONGEST_WORD] for one in others}
    words |= {folded(email)[:LONGEST_WORD], *likeness(person)}
    insert_rows(LearnerWord, [{"learner_id": learner_id, "word": word} for word in sorted(words)])


def likeness(person: Any) -> set[str]:
    """Return the entries of the index by which people who may be one person are found: "=" name, "~" name and place.

    No search asks for them: no word begins with such a sign.
    """
    name = WORD.findall(folded(person.first_name, person.last_name))
    last, organisation = (
        WORD.findall(folded(person.last_name)),
        WORD.findall(folded(person.organisation or "")),
    )
    found = {(SAME_NAME + " ".join(sorted(name)))[:LONGEST_WORD]} if name else set()
    if last and organisation:
        found.add((SAME_PLACE + " ".join([*last, "|", *organisation]))[:LONGEST_WORD])
    return found


def search_words(*texts: str) -> set[str]:
    """Return the folded words of some texts, as they stand in the index."""
    return {word[:LONGEST_WORD] for word in WORD.findall(folded(*texts))}


def differs(application: Application, learner: Any) -> bool:
    """Tell whether details were typed that are not the stored ones."""
    return any(
        folded(getattr(application, name)) != folded(getattr(learner, name) or "")
        for name in DETAILS
        if getattr(application, name) and name != "time_zone"
    )
