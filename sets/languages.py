"""The languages of the interface: one row each. Which one a request speaks, and how contents fall back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask, Request, g, has_request_context, request
from flask.globals import _cv_app, _cv_request
from flask_babel import Babel, Domain, force_locale, get_locale

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


@dataclass(frozen=True)
class Language:
    """One language of the interface. `locale` is the one of CLDR whose dates and plurals are used."""

    code: str
    name: str
    locale: str
    open_graph: str


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        Language("fr", "Français", "fr", "fr_FR"),
        Language("en", "English", "en_GB", "en_GB"),
        Language("es", "Español", "es", "es_ES"),
        Language("it", "Italiano", "it", "it_IT"),
    )
}
DEFAULT = "fr"
_CODE_OF = {language.locale: language.code for language in LANGUAGES.values()}

babel = Babel()
T = TypeVar("T")
_forced: ContextVar[str | None] = ContextVar("forced_language", default=None)


def init_app(app: Flask) -> None:
    """Connect the app to its translations, compiling those that changed."""
    compile_translations()
    app.config["BABEL_DEFAULT_LOCALE"] = LANGUAGES[DEFAULT].locale
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    babel.init_app(app, locale_selector=_select_locale)
    spoken = babel.domain_instance = _Spoken()  # type: ignore[attr-defined]
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda words: spoken.get_translations().ugettext(words),
        lambda one, many, number: spoken.get_translations().ungettext(one, many, number),
        newstyle=True,
        pgettext=lambda context, words: spoken.get_translations().upgettext(context, words),
        npgettext=lambda context, one, many, number: spoken.get_translations().unpgettext(
            context, one, many, number
        ),
    )

    @app.url_value_preprocessor
    def take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        code = (values or {}).pop("lang", None)
        if code:
            g.lang = code

    @app.url_defaults
    def give_language(endpoint: str, values: dict[str, Any]) -> None:
        if "lang" not in values and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = current_language()


def current_language() -> str:
    """Return the code of the language being spoken: of the page, or of the block under `speaking`."""
    if forced := _forced.get():
        return forced
    # The contexts themselves: a page asks sixty times, and the proxies `g` and `request` would be a tenth of its time.
    here = _cv_app.get(None)
    if here is not None and _cv_request.get(None) is not None and (code := here.g.get("lang")) in LANGUAGES:
        return code
    locale = get_locale()
    return _CODE_OF.get(str(locale), str(locale.language) if locale else DEFAULT)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak that language within the block: translations, dates and plurals."""
    language = LANGUAGES.get(code, LANGUAGES[DEFAULT])
    forced = _forced.set(language.code)
    try:
        with force_locale(language.locale):
            yield
    finally:
        _forced.reset(forced)


def preferred_language(request: Request) -> str:
    """Return the visitor's first language that the site speaks."""
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT


def localised(mapping: Mapping[str, T], code: str, *fallbacks: str) -> tuple[str, T] | tuple[None, None]:
    """Return (code, value) in that language, else in the first fallback that exists, else in any."""
    for candidate in (code, *fallbacks, DEFAULT, *mapping):
        if candidate in mapping:
            return candidate, mapping[candidate]
    return None, None


def compile_translations(folder: Path = TRANSLATIONS) -> None:
    """Compile each messages.po that is newer than its messages.mo; written whole, so that several processes may try."""
    for source in folder.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        # Loaded on the day that a translation changed.
        from babel.messages import mofile, pofile

        with source.open("rb") as file:
            catalog = pofile.read_po(file, locale=source.parent.parent.name)
        draft = target.with_suffix(f".{os.getpid()}.draft")
        with draft.open("wb") as file:
            mofile.write_mo(file, catalog)
        draft.replace(target)


class _Spoken(Domain):
    """The translations, found by the language's code: Flask-Babel's own way there is most of a page's time."""

    def __init__(self) -> None:
        super().__init__()
        self._by_code: dict[str, Any] = {}

    def get_translations(self) -> Any:
        """Return the sentences of the language being spoken."""
        code = current_language()
        if code not in self._by_code:
            self._by_code[code] = super().get_translations()
        return self._by_code[code]


def _select_locale() -> str:
    code = g.get("lang") if has_request_context() else None
    if code is None and has_request_context():
        code = preferred_language(request)
    return LANGUAGES[code if code in LANGUAGES else DEFAULT].locale
