"""The site as gunicorn and the flask command see it."""

from sets import create_app
from sets.config import SettingRefused

try:
    app = create_app()
except SettingRefused as refusal:
    raise SystemExit(str(refusal)) from None
