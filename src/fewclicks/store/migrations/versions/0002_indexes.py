"""Indexes for what is looked up at every answer, however many there are."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_questions_item_id", table_name="questions")
    op.create_index("ix_questions_item_id_state", "questions", ["item_id", "state"])
    op.create_index(
        "ix_answers_withdrawn",
        "answers",
        ["id"],
        sqlite_where=sa.text("withdrawn IS 1"),
        postgresql_where=sa.text("withdrawn IS true"),
    )


def downgrade() -> None:
    op.drop_index("ix_answers_withdrawn", table_name="answers")
    op.drop_index("ix_questions_item_id_state", table_name="questions")
    op.create_index("ix_questions_item_id", "questions", ["item_id"])
