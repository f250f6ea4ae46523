"""gunicorn's logs in the site's own form: it would name paths and addresses of visitors."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from .observing import WordingOnly


class QuietLogger(Logger):
    """gunicorn's error log as JSON lines; there is no access log (docs/operations.md has the proxy's)."""

    def setup(self, cfg: Any) -> None:
        """Set up, then put our form in place of gunicorn's."""
        super().setup(cfg)
        for stream in self.error_log.handlers:
            stream.setFormatter(WordingOnly())
