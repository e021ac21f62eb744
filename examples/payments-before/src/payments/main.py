"""The HTTP face of the service."""

from contextlib import asynccontextmanager

import redis
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

from . import store
from .settings import settings

cache = redis.Redis.from_url(settings.redis_url, socket_timeout=2)


@asynccontextmanager
async def lifespan(_: FastAPI):
    """Opens the database before the first request, closes it after the last."""
    store.prepare()
    yield
    store.pool.close()


app = FastAPI(title="payments", lifespan=lifespan)


class Payment(BaseModel):
    """What a caller wants paid."""

    amount_cents: int = Field(gt=0)
    currency: str = Field(pattern="^[A-Z]{3}$")


@app.post("/payments", status_code=201)
def pay(payment: Payment, idempotency_key: str = Header(min_length=8)) -> dict[str, str]:
    """Records a payment once per idempotency key."""
    if not cache.set(f"pay:{idempotency_key}", "1", nx=True, ex=86_400):
        raise HTTPException(409, "this payment was taken already")
    if not store.record(idempotency_key, payment.amount_cents, payment.currency):
        raise HTTPException(409, "this payment was taken already")
    return {"status": "taken", "key": idempotency_key}


@app.get("/health/live")
def live() -> dict[str, str]:
    """The process runs; says nothing about its dependencies."""
    return {"status": "ok"}


@app.get("/health/ready")
def ready() -> dict[str, str]:
    """The database and the cache answer, so requests can be served."""
    try:
        store.ready()
        cache.ping()
    except Exception as error:
        raise HTTPException(503, type(error).__name__) from error
    return {"status": "ok"}
