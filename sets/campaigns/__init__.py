"""What coordinators write and send to many: who gets it, in which words, and what became of each mail."""
