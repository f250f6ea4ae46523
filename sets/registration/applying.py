"""What a person asks for when they register, and who acts: plain data that forms make and the workflow takes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Actor:
    """Who does something: a learner, a member of staff (with the account's id), the clock, or an import."""

    kind: str
    id: int | None = None


LEARNER, CLOCK = Actor("learner"), Actor("clock")


@dataclass(frozen=True)
class Choice:
    """One training asked for: in a session, or (session_id None) whenever there is a date in those languages."""

    training_id: int
    session_id: int | None = None
    languages: tuple[str, ...] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    form_version_id: int | None = None


@dataclass(frozen=True)
class Application:
    """One form, checked: the person's details, their general answers and one choice per training."""

    form_nonce: str
    page_language: str
    first_name: str
    last_name: str
    email: str
    choices: tuple[Choice, ...]
    organisation: str = ""
    organisation_kind: str = ""
    role: str = ""
    country: str = ""
    mail_language: str = ""
    time_zone: str = ""
    source: str = ""
    needs: str = ""
    needs_consent: bool = False
    news: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    form_version_id: int | None = None

    def as_payload(self) -> dict[str, Any]:
        """Return the application as JSON data, for a submission that is held."""
        return asdict(self) | {"choices": [asdict(choice) for choice in self.choices]}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Application:
        """Return the application that `as_payload` gave."""
        choices = tuple(
            Choice(**choice | {"languages": tuple(choice["languages"])}) for choice in payload["choices"]
        )
        fields: dict[str, Any] = payload | {"choices": choices}
        return cls(**fields)
