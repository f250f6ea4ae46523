"""The tests: folders mirror sets/; what they share stands here (pages, databases, mailserver, browser, factories)."""
