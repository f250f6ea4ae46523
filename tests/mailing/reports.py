"""Mails as they come back, and mails that look like it; in the shapes of the servers that write them."""

from __future__ import annotations

ID = "0b8f6c1e-5d3a-4f57-9a51-3f1d2c7b9e10"


def report(
    *,
    message_id: str = f"<{ID}@example.org>",
    status: str = "5.1.1",
    action: str = "failed",
    told: str = "smtp; 550 5.1.1 <gone@example.net>: Recipient address rejected: User unknown",
    final: str = "Final-Recipient: rfc822; gone@example.net",
    kind: str = "delivery-status",
    original: str = "message/rfc822",
) -> bytes:
    """Return a report as Postfix writes it."""
    return _lines(f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: trainings@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind};
\tboundary="4F1A2.1793/mx.example.org"

This is a MIME-encapsulated message.

--4F1A2.1793/mx.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered. Message-ID: <00000000-0000-4000-8000-000000000000@example.org>

--4F1A2.1793/mx.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
X-Postfix-Queue-ID: 4F1A2
Arrival-Date: Mon,  2 Mar 2026 10:00:00 +0100 (CET)

{final}
Original-Recipient: rfc822;gone@example.net
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.net
Diagnostic-Code: {told}

--4F1A2.1793/mx.example.org
Content-Description: Undelivered Message
Content-Type: {original}
Content-Transfer-Encoding: 8bit

From: SETS <trainings@example.org>
To: gone@example.net
Subject: =?utf-8?q?Votre_place_est_confirm=C3=A9e?=
Message-ID: {message_id}
Content-Type: text/plain; charset=utf-8

Bonjour
--4F1A2.1793/mx.example.org--
""")


EXCHANGE = f"""\
From: <postmaster@example.net>
To: <trainings@example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary="_8c1b-4e_"
X-MS-Exchange-Message-Is-Ndr:
Subject: Undeliverable: Your place is confirmed
Auto-Submitted: auto-replied
MIME-Version: 1.0

--_8c1b-4e_
Content-Type: multipart/alternative; differences=Content-Type; boundary="_inner_"

--_inner_
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

VGhlIG1haWxib3ggaXMgZnVsbC4=

--_inner_
Content-Type: text/html; charset="utf-8"

<html><body>The mailbox is full.</body></html>
--_inner_--

--_8c1b-4e_
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR05.eurprd05.prod.example
Received-From-MTA: dns;mx.example.org
Arrival-Date: Mon, 2 Mar 2026 09:00:00 +0000

Final-Recipient: rfc822;full@example.net
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full;
 STOREDRV.Deliver.Exception:QuotaExceededException; Failed to process message

--_8c1b-4e_
Content-Type: text/rfc822-headers

From: SETS <trainings@example.org>
Message-ID:
 <{ID}@example.org>
Subject: Your place is confirmed

--_8c1b-4e_--
"""

GMAIL = f"""\
From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>
To: trainings@example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <{ID}@example.org>
In-Reply-To: <{ID}@example.org>
MIME-Version: 1.0
Content-Type: multipart/report; boundary="0000000000009f"; report-type=delivery-status

--0000000000009f
Content-Type: multipart/related; boundary="000000000000a1"

--000000000000a1
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--000000000000a1
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--000000000000a1--

--0000000000009f
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.example
Arrival-Date: Mon, 02 Mar 2026 01:00:00 -0800 (PST)
X-Original-Message-ID: <{ID}@example.org>

Final-Recipient: rfc822; noone@nowhere.example
Action: failed
Status: 5.1.2
Diagnostic-Code: smtp; The recipient server does not exist: DNS type 'mx' lookup of nowhere.example
\tresponded with code NXDOMAIN Domain name not found
Last-Attempt-Date: Mon, 02 Mar 2026 01:00:01 -0800 (PST)

--0000000000009f
Content-Type: message/rfc822

MIME-Version: 1.0
From: SETS <trainings@example.org>
Message-ID: <{ID}@example.org>
Content-Type: multipart/alternative; boundary="a-0b8f"

--a-0b8f
Content-Type: text/plain; charset=utf-8

Hello
--a-0b8f--
--0000000000009f--
"""

ABSENCE = f"""\
From: Amina <amina@example.net>
To: trainings@example.org
Subject: Out of office: Your place is confirmed
Auto-Submitted: auto-replied
In-Reply-To: <{ID}@example.org>
Content-Type: text/plain; charset=utf-8

Action: failed
Final-Recipient: rfc822; amina@example.net
I am away. Message-ID: <{ID}@example.org>
"""


def _lines(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def exchange() -> bytes:
    """Return a report as Exchange writes it: a nested text, folded headers, the original's headers only."""
    return _lines(EXCHANGE)


def gmail() -> bytes:
    """Return a report as Gmail writes it."""
    return _lines(GMAIL)


def absence() -> bytes:
    """Return somebody's absence note, with words in it as a report has them."""
    return _lines(ABSENCE)
