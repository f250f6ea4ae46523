"""The site as gunicorn and the flask command see it."""

from sets import create_app

app = create_app()
