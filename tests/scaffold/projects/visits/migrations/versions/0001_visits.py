from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("visits", Column("id", Integer, primary_key=True), Column("who", Text))
