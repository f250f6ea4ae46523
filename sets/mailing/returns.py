"""Reports of mails that came back (RFC 3464), as they are read: strictly, so that nothing else is taken for one.

An absence note, a delayed mail, a mail that arrived, a report about somebody else's mail: none of these is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32
from typing import Any

LONGEST_TEXT = 500
_OURS = re.compile(r"<\s*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>\s]+>", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CODE = re.compile(r"([45]\d\d)\b")
_ORIGINALS = {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
# Why it came back, by the status (RFC 3463); the first that begins alike is taken.
_REASONS = (
    ("1.2", "returned_domain"), ("1.8", "returned"), ("1.", "returned_mailbox"), ("2.1", "returned_mailbox"),
    ("2.2", "returned_full"), ("2.3", "returned_size"), ("3.4", "returned_size"), ("4.", "returned_away"),
    ("7.", "returned_policy"),
)  # fmt: skip


@dataclass(frozen=True)
class Returned:
    """One mail of ours that came back: its public id, why (a reason of the outbox), the server's code and words."""

    public_id: str
    reason: str
    code: int | None
    text: str


def read_report(content: bytes) -> Returned | None:
    """Return what a mail reports, None where it is no report of a mail of ours that came back for good."""
    try:
        return _read(BytesParser(policy=compat32).parsebytes(content))
    except (ValueError, LookupError, TypeError, AttributeError):
        # What cannot be read is somebody's private mail, as far as this site knows.
        return None


def may_be_report(head: bytes) -> bool:
    """Tell from the head of a mail whether its body is worth fetching."""
    return _is_report(BytesParser(policy=compat32).parsebytes(head, headersonly=True))


def _read(mail: Message) -> Returned | None:
    if not _is_report(mail):
        return None
    parts = [part for part in mail.get_payload() if isinstance(part, Message)]
    failed = next((block for part in parts for block in _recipients(part) if _has_failed(block)), None)
    public_id = next((found for part in parts if (found := _original_id(part))), "")
    if failed is None or not public_id:
        return None
    status, told = str(failed.get("Status", "")), str(failed.get("Diagnostic-Code", ""))
    # "smtp; 550 5.1.1 …": the words stand after the kind of the code.
    words = _cleaned(told.partition(";")[2] or told) or _cleaned(status)
    code = _CODE.match(words)
    said = words[code.end() :].lstrip(" -") if code else words
    return Returned(public_id, _reason(status, words), int(code[1]) if code else None, said)


def _is_report(mail: Message) -> bool:
    kind = str(mail.get_param("report-type", "")).lower()
    return mail.get_content_type() == "multipart/report" and kind == "delivery-status"


def _recipients(part: Message) -> Iterator[Message]:
    """Yield what a part says of each receiver; its first block speaks of the whole message."""
    payload: Any = part.get_payload()
    if part.get_content_type() == "message/delivery-status" and isinstance(payload, list):
        yield from (block for block in payload if block.get("Final-Recipient"))


def _has_failed(block: Message) -> bool:
    return str(block.get("Action", "")).split("(")[0].strip().lower() == "failed"


def _original_id(part: Message) -> str:
    if part.get_content_type() not in _ORIGINALS:
        return ""
    payload: Any = part.get_payload()
    if isinstance(payload, list):
        head = payload[0] if payload else None
    else:
        raw: Any = part.get_payload(decode=True) or b""
        head = HeaderParser(policy=compat32).parsestr(raw.decode("utf-8", "replace"), headersonly=True)
    found = _OURS.fullmatch(str(head.get("Message-ID", "")).strip()) if head is not None else None
    return found[1].lower() if found else ""


def _reason(status: str, words: str) -> str:
    """Return why, by the status; where that says only "failed" (5.0.0), by the one in the server's words."""
    for found in (_STATUS.search(status), _STATUS.search(words)):
        detail = f"{found[2]}.{found[3]}" if found else ""
        reason = next((reason for start, reason in _REASONS if detail.startswith(start)), "")
        if reason:
            return reason
    return "returned"


def _cleaned(text: str) -> str:
    """Return one line of readable signs, not too long."""
    signs = ("" if unicodedata.category(sign) in ("Cf", "Cs", "Co", "Cn") else sign for sign in text)
    shown = "".join(sign if sign.isprintable() else " " for sign in signs)
    return " ".join(shown.split())[:LONGEST_TEXT]
