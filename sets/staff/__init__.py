"""The people who run the trainings: accounts, roles, sign-in, the activity log and the outbox page."""
