"""HTTP in general: security headers, errors in words, where a request comes from, robots and health of the answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, g, render_template, request
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

# Bytes of a request's body; the public form needs some 10 kB, staff uploads set their own bound.
LARGEST_BODY = 512 * 1024
# A list has no page beyond this: its first row would be a number that no database takes.
LAST_PAGE = 1_000_000

CSP = "; ".join(
    (
        "default-src 'none'",
        "base-uri 'none'",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "manifest-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer a browser sends "Origin: null" on POSTs, and the check of origins would refuse them.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ERROR_WORDS: dict[int, tuple[Any, Any]] = {
    400: (
        _l("This request cannot be read"),
        _l("Something was lost on the way. Go back, load the page again and try once more."),
    ),
    401: (_l("Please sign in"), _l("This page is for the team. Sign in to see it.")),
    403: (
        _l("This page is not open to you"),
        _l("Your account does not give access to it. Ask an administrator of the team."),
    ),
    404: (
        _l("This page does not exist"),
        _l("The address may have changed or be incomplete. Check it, or start from the home page."),
    ),
    405: (_l("This page cannot be used this way"), _l("Go back and use the page’s own button.")),
    410: (
        _l("This link no longer works"),
        _l("It was replaced by a newer one. Look for our latest message, or ask for your link again."),
    ),
    413: (
        _l("This is too large"),
        _l("What you sent is larger than the site accepts. Shorten it and try again."),
    ),
    415: (
        _l("This request cannot be read"),
        _l("Something was lost on the way. Go back, load the page again and try once more."),
    ),
    429: (
        _l("Too many tries"),
        _l("Many requests came from your connection in a short time. Wait ten minutes, then try again."),
    ),
    500: (
        _l("The site has a problem"),
        _l("It is not your fault, and it has been noted. Try again in a few minutes."),
    ),
    503: (_l("The site is busy"), _l("Try again in a minute: nothing of what is registered is lost.")),
}


def init_app(app: Flask) -> None:
    """Install headers, error pages and the proxies' trust."""
    if app.config["MAX_CONTENT_LENGTH"] is None:  # Flask's own default is no limit
        app.config.update(
            MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=LARGEST_BODY, MAX_FORM_PARTS=400
        )
    if app.config["PROXIES"]:
        n = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=0, x_prefix=0)
    # Before anything reads the form: the check of tokens does.
    app.before_request_funcs.setdefault(None, []).insert(0, _give_room)
    app.before_request(_refuse_nul)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_crash)


def take_files(app: Flask, endpoint: str, largest: int) -> None:
    """Let one view take a body of so many bytes: that of a file, and of the fields beside it."""
    app.extensions.setdefault("largest_bodies", {})[endpoint] = largest + LARGEST_BODY


def visitor_address() -> str:
    """Return the address a request comes from, as far as the configured proxies tell."""
    return request.remote_addr or "unknown"


def asked_page(last: int = LAST_PAGE) -> int:
    """Return which page of a list the address asks for: from 1 to `last`, whatever it says."""
    return max(1, min(request.args.get("page", 1, type=int), last))


def is_foreign_post() -> bool:
    """Tell whether a POST was made from another site's page (Sec-Fetch-Site, then Origin; absent is not foreign)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if not origin or origin == "null":
        return False
    ours = {urlsplit(current_app.config["BASE_URL"]).netloc, request.host}
    return urlsplit(origin).netloc not in ours


def private_blueprint(name: str, import_name: str) -> Blueprint:
    """Return a blueprint of pages that are somebody's own: never stored by a browser, never listed by a machine."""
    blueprint = Blueprint(name, import_name)
    blueprint.after_request(private_page)
    return blueprint


def private_page(response: Response) -> Response:
    """Keep a personal page out of every cache and every search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _give_room() -> None:
    if largest := current_app.extensions.get("largest_bodies", {}).get(request.endpoint):
        request.max_content_length = largest


def _refuse_nul() -> None:
    # No address of the site holds one, and PostgreSQL takes none in a value: what asks for it is not found.
    if "\x00" in request.path or b"%00" in request.query_string or b"\x00" in request.query_string:
        abort(404)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    if not g.get("cacheable") and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def _show_http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    if error.response is not None:
        return error
    response = error.get_response()
    page = _error_page(error.code)
    headers = [
        (name, value)
        for name, value in response.headers
        if name.lower() not in ("content-type", "content-length")
    ]
    return page, error.code, headers


def _show_crash(error: Exception) -> Any:
    import structlog
    from sqlalchemy.exc import OperationalError

    if current_app.testing and current_app.config.get("PROPAGATE_CRASHES", True):
        raise error
    busy = isinstance(error, OperationalError)
    structlog.get_logger().error(
        "request_failed", endpoint=request.endpoint, kind=type(error).__name__, exc_info=True
    )
    code = 503 if busy else 500
    return _error_page(code), code, {"Retry-After": "60"} if busy else {}


def _error_page(code: int) -> str:
    title, advice = ERROR_WORDS.get(code, ERROR_WORDS[400 if code < 500 else 500])
    try:
        return render_template("errors/error.html", title=title, advice=advice, code=code)
    except Exception:
        if current_app.testing:
            raise
        # The page that tells of a failure must not need what failed (the database, for one).
        head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        return f"{head}<body><h1>{title}</h1><p>{advice}</p></body></html>"
