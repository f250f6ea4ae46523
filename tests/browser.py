"""A real browser and the real site: gunicorn and the worker as in production, on a temporary instance."""
