"""The programme that the catalogue describes: its name, who runs and pays for it, its languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..languages import LANGUAGES


@dataclass(frozen=True)
class Partner:
    """An organisation that takes part."""

    name: str
    country: str
    lead: bool = False


@dataclass(frozen=True)
class Programme:
    """The facts about the programme. Languages are codes, the first is the one that contents fall back to."""

    name: str
    full_name: str
    operator: str
    contact_email: str
    languages: tuple[str, ...]
    time_zone: str
    funder: str = ""
    grant: str = ""
    partners: tuple[Partner, ...] = ()
    is_loaded: bool = True


def programme_of(value: dict[str, Any] | None, base_url: str) -> Programme:
    """Return the programme that the setting holds; a nameless one while no catalogue is loaded."""
    if not value:
        host = urlsplit(base_url).hostname or "localhost"
        return Programme(
            host, host, host, f"contact@{host}", tuple(LANGUAGES), "Europe/Paris", is_loaded=False
        )
    partners = tuple(Partner(**partner) for partner in value.get("partners", ()))
    return Programme(**value | {"partners": partners, "languages": tuple(value["languages"])})
