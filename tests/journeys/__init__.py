"""Stories that cross the whole site, in a real browser on the real server."""
