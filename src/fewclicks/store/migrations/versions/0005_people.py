"""Indexes for who may be asked what, however many questions and answers there are."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

QUEUE = ["state", "kind", "priority", "id"]


def upgrade() -> None:
    op.drop_index("ix_questions_queue", table_name="questions")
    op.create_index("ix_questions_queue", "questions", [*QUEUE, "purpose", "item_id"])
    op.drop_index("ix_answers_item_id", table_name="answers")
    op.create_index("ix_answers_item_id_annotator_id", "answers", ["item_id", "annotator_id"])
    op.create_index("ix_answers_annotator_id", "answers", ["annotator_id"])


def downgrade() -> None:
    op.drop_index("ix_answers_annotator_id", table_name="answers")
    op.drop_index("ix_answers_item_id_annotator_id", table_name="answers")
    op.create_index("ix_answers_item_id", "answers", ["item_id"])
    op.drop_index("ix_questions_queue", table_name="questions")
    op.create_index("ix_questions_queue", "questions", QUEUE)
