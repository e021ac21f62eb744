import os

import redis
from fastapi import FastAPI
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])
cache = redis.Redis.from_url(os.environ["REDIS_URL"])
app = FastAPI()


@app.get("/")
def visit(who: str):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO visits (who) VALUES (:who)"), {"who": who})
        rows = connection.execute(text("SELECT who FROM visits ORDER BY id"))
        kept = [row.who for row in rows]
    return {"kept": kept, "counted": cache.incr("visits")}


@app.get("/health/live")
def live():
    return {}


@app.get("/health/ready")
def ready():
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    cache.ping()
    return {}
