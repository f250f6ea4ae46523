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
    """Apply."""
    moment = sets.database.UTCDateTime()
    with op.batch_alter_table("training_session") as table:
        table.add_column(sa.Column("asks_presence", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("trainer", sa.String(200), nullable=False, server_default=""))
        for name in NOTES:
            table.add_column(sa.Column(name, sa.Text(), nullable=True))
    # Sessions planned before had no reminders: they begin with what a new one has.
    op.execute("UPDATE training_session SET reminders = '[10080, 1440, 60]'")
    with op.batch_alter_table("learner") as table:
        table.add_column(sa.Column("email_before", sa.String(320), nullable=True))
        table.add_column(sa.Column("before_until", moment, nullable=True))
    op.drop_index("uq_registration_held", "registration")
    with op.batch_alter_table("registration") as table:
        table.add_column(sa.Column("ended_at", moment, nullable=True))
        table.add_column(sa.Column("renewed_at", moment, nullable=True))
    op.create_index(
        "uq_registration_held",
        "registration",
        ["learner_id", "training_id"],
        unique=True,
        sqlite_where=sa.text(HELD_NOW),
        postgresql_where=sa.text(HELD_NOW),
    )
    # In plain SQL: a batch would copy the table on SQLite only to add the rule.
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
    with op.batch_alter_table("attendance_fact") as table:
        table.drop_constraint(op.f("ck_attendance_fact_mark_known"), type_="check")
        table.drop_column("mark")
    op.drop_index("uq_registration_held", "registration")
    with op.batch_alter_table("registration") as table:
        table.drop_column("renewed_at")
        table.drop_column("ended_at")
    op.create_index(
        "uq_registration_held",
        "registration",
        ["learner_id", "training_id"],
        unique=True,
        sqlite_where=sa.text(HELD),
        postgresql_where=sa.text(HELD),
    )
    with op.batch_alter_table("learner") as table:
        table.drop_column("before_until")
        table.drop_column("email_before")
    with op.batch_alter_table("training_session") as table:
        for name in (*NOTES, "trainer", "asks_presence"):
            table.drop_column(name)
