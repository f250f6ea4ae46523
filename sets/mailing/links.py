"""The links of a mail. A learner's own link stands in the mail that leaves, never in the copy that is kept."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import current_app
from markupsafe import escape

# Stands where a secret was, in what staff can read.
MASK = "•••"

# Around a link's number while a mail is rendered; private characters, and a number nobody can know from outside.
_MARK = f"\ue000{secrets.token_hex(4)}-"
_MARKED = re.compile(_MARK + "([0-9]+)\ue001")


class Links:
    """The links of one mail. Templates write what the methods return; it is filled in after the rendering."""

    def __init__(self) -> None:
        self._secret: list[SecretLink] = []

    def page(self, endpoint: str, **values: Any) -> str:
        """Return the address of a public page, on the configured base address."""
        return page_url(endpoint, **values)

    def secret(self, endpoint: str, *, token: str, **values: Any) -> SecretLink:
        """Return a link that carries a learner's token; `endpoint` takes it as `token`."""
        return self.hide(page_url(endpoint, token=token, **values), token)

    def hide(self, url: str, hidden: str) -> SecretLink:
        """Return a link in which the text `hidden` is for its receiver only."""
        link = SecretLink(f"{_MARK}{len(self._secret)}\ue001", url, url.replace(hidden, MASK))
        self._secret.append(link)
        return link

    def filled(self, text: str, *, html: bool = False) -> str:
        """Return a rendered text with its real links."""
        return _MARKED.sub(lambda found: self._url(found, html), text)

    def masked(self, text: str) -> str:
        """Return a rendered text as it may be kept."""
        return _MARKED.sub(lambda found: self._secret[int(found[1])].masked, text)

    def _url(self, found: re.Match[str], html: bool) -> str:
        url = self._secret[int(found[1])].url
        return str(escape(url)) if html else url


class SecretLink:
    """A link with a secret: `str()` is the mark that templates write, `url` the real address (for calendar files)."""

    def __init__(self, mark: str, url: str, masked: str) -> None:
        self.mark, self.url, self.masked = mark, url, masked

    def __str__(self) -> str:
        return self.mark

    def __html__(self) -> str:
        return self.mark


def page_url(endpoint: str, **values: Any) -> str:
    """Return a page's whole address on the configured base address; works outside a request, in the language spoken."""
    current_app.inject_url_defaults(endpoint, values)
    adapter = current_app.url_map.bind("mail.invalid")
    return current_app.config["BASE_URL"] + adapter.build(endpoint, values, force_external=False)
