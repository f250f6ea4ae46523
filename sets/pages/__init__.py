"""Pages that need several capabilities: the staff dashboard, the site's health, the way in."""
