"""A worker that does imports alone, in a process of its own, until nothing is left: it may be killed at any moment."""

from __future__ import annotations

import time

from sets import create_app
from sets.database import db
from sets.registration import importing_steps


def main() -> None:
    """Work until there was nothing to do for a while."""
    app, idle = create_app(), 0
    while idle < 20:
        with app.app_context():
            done = importing_steps.run_due()
            db.session.remove()
        idle = 0 if done else idle + 1
        time.sleep(0.005 if done else 0.05)


if __name__ == "__main__":
    main()
