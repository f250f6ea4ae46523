"""Saved views, notes, tags, people who were merged."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import sets.database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)
MOMENT = sets.database.UTCDateTime()
BOUNCED = sa.text("bounced_at IS NOT NULL")
SHARED = sa.text("email_slot > 0")
BATCH = 1000


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("filter", JSON, nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _to("saved_view", "author_id", "account", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("public_id", name=op.f("uq_saved_view_public_id")),
        sa.UniqueConstraint("key", name=op.f("uq_saved_view_key")),
    )
    op.create_table(
        "chosen_columns",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        _to("chosen_columns", "account_id", "account", "CASCADE"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_chosen_columns")),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("key", name=op.f("uq_tag_key")),
    )
    op.create_table(
        "learner_tag",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        _to("learner_tag", "learner_id", "learner", "CASCADE"),
        _to("learner_tag", "tag_id", "tag", "CASCADE"),
        sa.PrimaryKeyConstraint("learner_id", "tag_id", name=op.f("pk_learner_tag")),
    )
    op.create_index(op.f("ix_learner_tag_tag_id"), "learner_tag", ["tag_id"])
    op.create_table(
        "learner_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _to("learner_note", "learner_id", "learner", "CASCADE"),
        _to("learner_note", "author_id", "account", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learner_note")),
        sa.UniqueConstraint("public_id", name=op.f("uq_learner_note_public_id")),
    )
    op.create_index(op.f("ix_learner_note_learner_id"), "learner_note", ["learner_id"])
    op.create_index(op.f("ix_learner_note_deleted_at"), "learner_note", ["deleted_at"])
    op.create_table(
        "merged_person",
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("email_key", sa.String(320), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("feed_version", sa.Integer(), nullable=False),
        sa.Column("merged_at", MOMENT, nullable=False),
        _to("merged_person", "learner_id", "learner", "CASCADE"),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_merged_person")),
    )
    op.create_index(op.f("ix_merged_person_learner_id"), "merged_person", ["learner_id"])
    op.create_index(op.f("ix_merged_person_email_key"), "merged_person", ["email_key"])
    op.create_table(
        "dismissed_pair",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("learner_id < other_id", name=op.f("ck_dismissed_pair_in_order")),
        _to("dismissed_pair", "learner_id", "learner", "CASCADE"),
        _to("dismissed_pair", "other_id", "learner", "CASCADE"),
        sa.PrimaryKeyConstraint("learner_id", "other_id", name=op.f("pk_dismissed_pair")),
    )
    op.create_index(op.f("ix_dismissed_pair_other_id"), "dismissed_pair", ["other_id"])
    op.create_index("ix_learner_country", "learner", ["country"])
    op.create_index("ix_learner_organisation_kind", "learner", ["organisation_kind"])
    op.create_index("ix_learner_returned", "learner", ["id"], sqlite_where=BOUNCED, postgresql_where=BOUNCED)
    op.create_index(
        "ix_learner_shared", "learner", ["email_key"], sqlite_where=SHARED, postgresql_where=SHARED
    )
    _index_likeness()


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM learner_word WHERE word LIKE '=%' OR word LIKE '~%'")
    for name in ("shared", "returned", "organisation_kind", "country"):
        op.drop_index(f"ix_learner_{name}", "learner")
    for table in (
        "dismissed_pair", "merged_person", "learner_note", "learner_tag", "tag", "chosen_columns", "saved_view",
    ):  # fmt: skip
        op.drop_table(table)


def _to(table: str, column: str, other: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], ondelete=ondelete, name=name)


def _index_likeness() -> None:
    """Give everybody the two entries by which people who may be one are found."""
    connection, last = op.get_bind(), 0
    while True:
        people = connection.execute(
            sa.text(
                "SELECT id, first_name, last_name, organisation FROM learner WHERE id > :last ORDER BY id LIMIT :most"
            ),
            {"last": last, "most": BATCH},
        ).all()
        if not people:
            return
        rows = [{"word": word, "id": person.id} for person in people for word in _likeness(person)]
        if rows:
            connection.execute(
                sa.text("INSERT INTO learner_word (word, learner_id) VALUES (:word, :id)"), rows
            )
        last = people[-1].id


def _likeness(person: Any) -> set[str]:
    name, last = _words(f"{person.first_name} {person.last_name}"), _words(person.last_name)
    organisation = _words(person.organisation)
    found = {("=" + " ".join(sorted(name)))[:60]} if name else set()
    return found | ({("~" + " ".join([*last, "|", *organisation]))[:60]} if last and organisation else set())


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text or "")
    return re.findall(r"\w+", "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold())
