"""Claims about how few labels are wrong, and the questions that test them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("labels", sa.String(32), nullable=False),
        sa.Column("error", sa.Float, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("n_items", sa.Integer, nullable=False),
        sa.Column("n_tested", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_certificates_event_id_events")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    op.create_table(
        "audit_pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.Column("planted", sa.LargeBinary(), nullable=False),
        sa.Column("missed", sa.LargeBinary(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_audit_pages_certificate_id_certificates"),
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name=op.f("fk_audit_pages_class_id_classes")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_audit_pages_event_id_events")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_pages")),
    )
    # Alembic would copy SQLite's table for a foreign key, which answers refer to meanwhile
    op.execute(
        "ALTER TABLE questions ADD COLUMN certificate_id INTEGER "
        "CONSTRAINT fk_questions_certificate_id_certificates REFERENCES certificates (id)"
    )
    op.create_index("ix_questions_certificate_id", "questions", ["certificate_id"])


def downgrade() -> None:
    op.drop_index("ix_questions_certificate_id", "questions")
    op.drop_column("questions", "certificate_id")
    op.drop_table("audit_pages")
    op.drop_table("certificates")
