"""Classes under classes, what each means, and images that show it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Alembic would copy SQLite's table for a foreign key, which answers refer to meanwhile
    op.execute(
        "ALTER TABLE classes ADD COLUMN parent_id INTEGER "
        "CONSTRAINT fk_classes_parent_id_classes REFERENCES classes (id)"
    )
    op.add_column("classes", sa.Column("description", sa.Text, nullable=False, server_default=""))
    op.add_column("classes", sa.Column("examples", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("classes", "examples")
    op.drop_column("classes", "description")
    op.drop_column("classes", "parent_id")
