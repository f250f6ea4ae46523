"""A learner's address and links: changing them, and taking a change back that somebody else made.

A new address counts once it has answered itself. The address before may say "this was not me" for a week: that drops
the change or takes it back, and ends every link. Nothing here tells whether an address is registered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from ..clock import now
from ..database import db, transaction
from ..mailing import outbox
from ..mailing.models import Delivery
from . import address_messages, messages, people
from .address_messages import KINDS
from .keys import LinkUnknown, address_digest, read_address_token, read_recovery_token
from .links_of_people import end_links_of_merged
from .models import Learner
from .people import address_key, find_learner
from .transitions import RegistrationRefused

# How long a new address may answer, and the one before may object.
OPEN_FOR = timedelta(days=7)
MOST_A_DAY = 5
BATCH = 20


def ask_change(learner_id: int, email: str) -> None:
    """Note that a person wants another address, and write to both. A known address is told by mail, the asker not.

    Raises RegistrationRefused when it is theirs already, or after many tries.
    """
    with transaction():
        learner, moment = _learner(Learner.id == learner_id), now()
        if address_key(email) == learner.email_key:
            raise RegistrationRefused("address_same")
        if _asked_today(learner_id) >= MOST_A_DAY:
            raise RegistrationRefused("address_enough")
        until = moment + OPEN_FOR
        learner.email_pending, learner.pending_until = email, until
        addressee: dict[str, Any] = {"learner_id": learner.id, "language": learner.language}
        address_messages.address_left(to=learner.email, until=until, **addressee)
        owner = find_learner(email)
        if owner is None:
            address_messages.address_confirmation(to=email, until=until, **addressee)
        else:
            address_messages.address_wanted(
                learner_id=owner.id, to=owner.email, language=owner.language,
                once_key=f"wanted:{owner.id}:{moment:%Y%m%d%H}",
            )  # fmt: skip


def is_pending(learner: Learner) -> bool:
    """Tell whether an address waits for its answer."""
    return learner.email_pending is not None and (learner.pending_until or now()) > now()


def drop_change(learner_id: int) -> None:
    """Forget the address that was asked for and has not answered."""
    with transaction():
        learner = _learner(Learner.id == learner_id)
        learner.email_pending = learner.pending_until = None


def find_change(token: str) -> Learner:
    """Return the person whose new address this link confirms. Raises LinkUnknown when there is nothing to confirm."""
    read = read_address_token(token)
    if read is None:
        raise LinkUnknown
    learner = db.session.scalar(select(Learner).where(Learner.public_id == read[1]))
    if learner is None:
        raise LinkUnknown
    is_asked = learner.email_pending is not None and learner.pending_until is not None
    if not is_asked or address_digest(address_key(learner.email_pending or "")) != read[0]:
        raise LinkUnknown(is_revoked=True)
    if learner.link_version != read[2] or (learner.pending_until or now()) <= now():
        raise LinkUnknown(is_revoked=True)
    return learner


def confirm_change(token: str) -> Learner:
    """Make the new address the person's own, and send there what has not left yet; return the person.

    Raises LinkUnknown.
    """
    return people.until_settled(lambda: _confirm(token))


def forget_addresses() -> int:
    """Forget addresses that did not answer within the week, and earlier ones whose say is over; return how many."""
    moment, done = now(), 0
    if db.session.scalar(select(Learner.id).where(_is_over(moment)).limit(1)) is None:
        return 0
    with transaction() as session:
        for learner in session.scalars(select(Learner).where(_is_over(moment)).limit(BATCH)):
            if learner.pending_until is not None and learner.pending_until <= moment:
                learner.email_pending = learner.pending_until = None
            if learner.before_until is not None and learner.before_until <= moment:
                learner.email_before = learner.before_until = None
            done += 1
    return done


def find_recovery(token: str) -> Learner:
    """Return the person whose change of address this link takes back. Raises LinkUnknown when there is none."""
    read = read_recovery_token(token)
    learner = db.session.scalar(select(Learner).where(Learner.public_id == read[1])) if read else None
    if read is None or learner is None:
        raise LinkUnknown
    if not (_is_asked_from(learner, read[0]) or _is_left(learner, read[0])):
        raise LinkUnknown(is_revoked=True)
    return learner


def take_back(token: str) -> Learner:
    """Drop or undo a change of address that its holder did not make, and end every link; return the person.

    Raises LinkUnknown.
    """
    return people.until_settled(lambda: _take_back(token))


def renew_link(learner_id: int) -> Learner:
    """Give a person's page a new link, and mail it; the old one opens nothing any more. Return the person."""
    with transaction() as session:
        learner = _learner(Learner.id == learner_id)
        learner.link_version += 1
        end_links_of_merged(learner.id)
        session.flush()
        messages.link_renewed(learner_id=learner.id, to=learner.email, language=learner.language)
    return learner


def renew_feed(learner_id: int) -> None:
    """Give a person's calendar another address; the old one gives nothing any more."""
    with transaction():
        _learner(Learner.id == learner_id).feed_version += 1
        end_links_of_merged(learner_id, feed_only=True)


# ------------------------------------------------------------------------------------------------- shared steps


def _confirm(token: str) -> Learner:
    with transaction() as session:
        learner = _locked(find_change(token))
        moment, email = now(), learner.email_pending or ""
        # The first address within the week keeps its say, however often it is changed meanwhile.
        if learner.before_until is None or learner.before_until <= moment:
            learner.email_before, learner.before_until = learner.email, moment + OPEN_FOR
        learner.email_pending = learner.pending_until = None
        learner.proven_at = learner.proven_at or moment
        _readdress(session, learner, email)
        messages.address_changed(learner_id=learner.id, to=email, language=learner.language)
        return learner


def _take_back(token: str) -> Learner:
    with transaction() as session:
        learner = _locked(find_recovery(token))
        before = learner.email_before if _is_left(learner, token.partition(".")[0]) else None
        learner.email_pending = learner.pending_until = None
        learner.link_version += 1
        learner.feed_version += 1
        end_links_of_merged(learner.id)
        if before is not None:
            learner.email_before = learner.before_until = None
            _readdress(session, learner, before)
        session.flush()
        messages.link_renewed(learner_id=learner.id, to=learner.email, language=learner.language)
        return learner


def _readdress(session: Any, learner: Learner, email: str) -> None:
    session.flush()
    people.readdress(learner, email)
    outbox.readdress(learner.id, email, but=KINDS)
    session.refresh(learner)


def _learner(criterion: Any) -> Learner:
    learner = db.session.scalar(select(Learner).where(criterion).with_for_update())
    if learner is None:
        raise RegistrationRefused("not_found")
    learner.proven_at = learner.proven_at or now()
    return learner


def _locked(learner: Learner) -> Learner:
    """Lock a person's row, and read it again as it stands then."""
    db.session.refresh(learner, with_for_update=True)
    return learner


def _is_over(moment: datetime) -> Any:
    return or_(Learner.pending_until <= moment, Learner.before_until <= moment)


def _is_asked_from(learner: Learner, digest: str) -> bool:
    return learner.email_pending is not None and address_digest(learner.email_key) == digest


def _is_left(learner: Learner, digest: str) -> bool:
    if learner.email_before is None or learner.before_until is None or learner.before_until <= now():
        return False
    return address_digest(address_key(learner.email_before)) == digest


def _asked_today(learner_id: int) -> int:
    statement = select(func.count(Delivery.id)).where(
        Delivery.learner_id == learner_id,
        Delivery.kind == "address_left",
        Delivery.posted_at > now() - timedelta(days=1),
    )
    return int(db.session.scalar(statement) or 0)
