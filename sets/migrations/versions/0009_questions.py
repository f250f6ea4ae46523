"""What the editor of questions keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("form_version", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("form_version", sa.Column("from_number", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("form_version", "from_number")
    op.drop_column("form_version", "changed_at")
