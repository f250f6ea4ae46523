"""Outside judges of pages: axe-core for accessibility, the Nu checker for HTML."""
