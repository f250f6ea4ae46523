"""Imports and their lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import sets.database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)
STATES = "'reading','matching','checking','checked','writing','stopped','done','undoing','undone'"


def upgrade() -> None:
    """Apply."""
    moment = sets.database.UTCDateTime()
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("headings", JSON, nullable=False),
        sa.Column("headings_key", sa.String(64), nullable=False),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("on_errors", sa.String(12), nullable=False),
        sa.Column("mails", sa.Boolean(), nullable=False),
        sa.Column("figures", JSON, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("undone_at", moment, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_import_run_state_known")),
        sa.CheckConstraint("on_errors IN ('leave_out','stop')", name=op.f("ck_import_run_on_errors_known")),
        _reference("import_run", "author_id", "account", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint("public_id", name=op.f("uq_import_run_public_id")),
    )
    op.create_index(op.f("ix_import_run_state"), "import_run", ["state"])
    op.create_index(op.f("ix_import_run_headings_key"), "import_run", ["headings_key"])
    op.create_table(
        "import_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", JSON, nullable=True),
        sa.Column("email_key", sa.String(320), nullable=True),
        sa.Column("learner_id", sa.Integer(), nullable=True),
        _reference("import_line", "import_id", "import_run", "CASCADE"),
        _reference("import_line", "learner_id", "learner", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_line")),
    )
    op.create_index("ix_import_line_import_id_number", "import_line", ["import_id", "number"], unique=True)
    op.create_index(op.f("ix_import_line_email_key"), "import_line", ["email_key"])
    op.create_index(op.f("ix_import_line_learner_id"), "import_line", ["learner_id"])
    op.create_table(
        "import_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=True),
        sa.Column("training_session_id", sa.Integer(), nullable=True),
        sa.Column("wanted_day", sa.String(10), nullable=True),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("submitted_at", moment, nullable=True),
        sa.Column("result", sa.String(10), nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("target", sa.String(32), nullable=True),
        sa.Column("fingerprint", sa.String(32), nullable=True),
        sa.Column("filled", JSON, nullable=True),
        sa.Column("learner_id", sa.Integer(), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("made_learner", sa.Boolean(), nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("undone", sa.String(10), nullable=True),
        sa.CheckConstraint(
            "result IN ('new','filled','known','duplicate','error')",
            name=op.f("ck_import_entry_result_known"),
        ),
        _reference("import_entry", "import_id", "import_run", "CASCADE"),
        _reference("import_entry", "line_id", "import_line", "CASCADE"),
        _reference("import_entry", "training_id", "training"),
        _reference("import_entry", "training_session_id", "training_session"),
        _reference("import_entry", "learner_id", "learner", "SET NULL"),
        _reference("import_entry", "registration_id", "registration", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_entry")),
    )
    op.create_index(op.f("ix_import_entry_line_id"), "import_entry", ["line_id"])
    op.create_index("ix_import_entry_import_id_target", "import_entry", ["import_id", "target"])
    op.create_index("ix_import_entry_import_id_result", "import_entry", ["import_id", "result", "number"])
    op.create_index(op.f("ix_import_entry_learner_id"), "import_entry", ["learner_id"])
    op.create_index(op.f("ix_import_entry_registration_id"), "import_entry", ["registration_id"])
    op.add_column("registration", sa.Column("import_key", sa.String(32), nullable=True))
    op.create_index(op.f("ix_registration_import_key"), "registration", ["import_key"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_registration_import_key"), "registration")
    op.drop_column("registration", "import_key")
    op.drop_table("import_entry")
    op.drop_table("import_line")
    op.drop_table("import_run")


def _reference(table: str, column: str, other: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete=ondelete
    )
