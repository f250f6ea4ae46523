"""A likely slip in an e-mail address: a suggestion, never an obstacle."""

from __future__ import annotations

from functools import lru_cache

# Providers that many people in the programme's countries use.
PROVIDERS = (
    "gmail.com", "outlook.com", "outlook.fr", "outlook.es", "outlook.it", "hotmail.com", "hotmail.fr", "hotmail.es",
    "hotmail.it", "live.com", "live.fr", "live.it", "msn.com", "yahoo.com", "yahoo.fr", "yahoo.es", "yahoo.it",
    "icloud.com", "me.com", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "bbox.fr", "neuf.fr",
    "libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it", "telefonica.net", "skynet.be", "telenet.be",
    "proton.me", "protonmail.com", "gmx.net", "gmx.de", "gmx.fr", "web.de", "siol.net", "zoho.com", "riseup.net",
)  # fmt: skip
# Ends that no domain has, and what was meant.
ENDS = {"con": "com", "cmo": "com", "ocm": "com", "vom": "com", "xom": "com", "comm": "com", "rog": "org", "ogr": "org",
        "orgg": "org", "frr": "fr", "nte": "net"}  # fmt: skip
# Real domains that look like a slip of another one.
REAL = {
    "mail.com", "email.com", "ymail.com", "gmx.com", "mac.com", "pm.me", "sfr.com", "free.com", "live.be", "hotmail.be",
    "outlook.be", "outlook.de", "yahoo.de", "hotmail.de",
}  # fmt: skip


def likely_address(address: str) -> str | None:
    """Return the address that was probably meant, or None when this one looks right."""
    local, at, domain = address.rpartition("@")
    meant = _likely_domain(domain.lower()) if at and local else None
    return f"{local}@{meant}" if meant else None


@lru_cache(maxsize=1024)
def _likely_domain(domain: str) -> str | None:
    if domain in PROVIDERS or domain in REAL:
        return None
    name, _dot, end = domain.rpartition(".")
    mended = f"{name}.{ENDS[end]}" if end in ENDS and name else None
    for candidate in (mended, domain):
        if candidate in PROVIDERS:
            return candidate
        for provider in PROVIDERS:
            if candidate and len(provider) > 6 and _is_one_slip(candidate, provider):
                return provider
    return mended


def _is_one_slip(typed: str, meant: str) -> bool:
    """Tell whether one letter was added, lost, changed or two neighbours were swapped."""
    if abs(len(typed) - len(meant)) > 1 or typed == meant:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant))
    )
    rest, goal = typed[start:], meant[start:]
    return (
        rest[1:] == goal[1:]
        or rest[1:] == goal
        or rest == goal[1:]
        or (len(rest) > 1 and rest[:2] == goal[:2][::-1] and rest[2:] == goal[2:])
    )
