"""The site without its kept pages, for gunicorn: each page is made anew."""

from sets.catalogue.page_cache import PageCache
from wsgi import app

assert isinstance(app.wsgi_app, PageCache), "The kept pages are no longer the outermost layer."
app.wsgi_app = app.wsgi_app.inner
