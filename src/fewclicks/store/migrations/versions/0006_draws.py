"""How often which labels are drawn for a certificate."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "certificates", sa.Column("draw", sa.String(16), nullable=False, server_default="evenly")
    )


def downgrade() -> None:
    op.drop_column("certificates", "draw")
