"""Sessions that end, a change of address, the run of a training, attendance marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import sets.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HELD = "status IN ('pending','confirmed')"
HELD_NOW = "status IN ('pending','confirmed') AND ended_at IS NULL"
NOTES = ("lessons_url", "lessons_note", "materials_url", "materials_note", "replay_url")


def upgrade() -> None:
    """Apply. Columns are added in place: a batch would copy whole tables on SQLite."""
    moment = sets.database.UTCDateTime()
    yes = sa.Column("asks_presence", sa.Boolean(), nullable=False, server_default=sa.true())
    op.add_column("training_session", yes)
    op.add_column("training_session", sa.Column("trainer", sa.String(200), nullable=False, server_default=""))
    for name in NOTES:
        op.add_column("training_session", sa.Column(name, sa.Text(), nullable=True))
    # Sessions planned before had no reminders: they begin with what a new one has.
    op.execute("UPDATE training_session SET reminders = '[10080, 1440, 60]'")
    op.add_column("learner", sa.Column("email_before", sa.String(320), nullable=True))
    op.add_column("learner", sa.Column("before_until", moment, nullable=True))
    op.add_column("registration", sa.Column("ended_at", moment, nullable=True))
    op.add_column("registration", sa.Column("renewed_at", moment, nullable=True))
    _index_held(HELD_NOW)
    op.execute(
        "ALTER TABLE attendance_fact ADD COLUMN mark VARCHAR(10) CONSTRAINT ck_attendance_fact_mark_known "
        "CHECK (mark IN ('present','partial','excused','absent'))"
    )
    op.create_table(
        "place_notice",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("told_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], ondelete="CASCADE",
            name=op.f("fk_place_notice_registration_id_registration"),
        ),
        sa.ForeignKeyConstraint(
            ["training_session_id"], ["training_session.id"],
            name=op.f("fk_place_notice_training_session_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("registration_id", "training_session_id", name=op.f("pk_place_notice")),
    )  # fmt: skip
    op.create_index(op.f("ix_place_notice_training_session_id"), "place_notice", ["training_session_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("place_notice")
    _index_held(HELD)
    for table, names in (
        ("attendance_fact", ("mark",)),
        ("registration", ("renewed_at", "ended_at")),
        ("learner", ("before_until", "email_before")),
        ("training_session", (*NOTES, "trainer", "asks_presence")),
    ):
        for name in names:
            op.drop_column(table, name)


def _index_held(condition: str) -> None:
    op.drop_index("uq_registration_held", "registration")
    op.create_index(
        "uq_registration_held",
        "registration",
        ["learner_id", "training_id"],
        unique=True,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
