"""Learners and their registrations: the workflow, its mails, its pages, the staff's lists and exports."""
