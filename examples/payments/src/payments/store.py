"""The database: payments, keyed by the caller's idempotency key."""

from psycopg_pool import ConnectionPool

from .settings import settings

SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    key text PRIMARY KEY,
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    currency char(3) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
)
"""

pool = ConnectionPool(settings.database_url, min_size=1, max_size=10, open=False)


def prepare() -> None:
    """Opens the pool and makes the table."""
    pool.open(wait=True, timeout=30)
    with pool.connection() as connection:
        connection.execute(SCHEMA)


def record(key: str, amount_cents: int, currency: str) -> bool:
    """Stores a payment; false when the key is known already."""
    with pool.connection() as connection:
        cursor = connection.execute(
            "INSERT INTO payments (key, amount_cents, currency) VALUES (%s, %s, %s)"
            " ON CONFLICT (key) DO NOTHING",
            (key, amount_cents, currency),
        )
        return cursor.rowcount == 1


def ready() -> None:
    """Raises when the database does not answer."""
    with pool.connection(timeout=2) as connection:
        connection.execute("SELECT 1")
