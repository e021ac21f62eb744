"""Checks that need neither database nor cache."""

import os

os.environ.setdefault("DATABASE_URL", "postgresql://localhost/none")
os.environ.setdefault("REDIS_URL", "redis://localhost/0")

import pytest
from pydantic import ValidationError

from payments.main import Payment, live


def test_live_says_ok():
    assert live() == {"status": "ok"}


def test_amounts_are_positive():
    with pytest.raises(ValidationError):
        Payment(amount_cents=0, currency="EUR")
