//! Images of Python programs, as they are.

use super::text;

#[test]
fn python_uv() {
    insta::assert_snapshot!(text("python uv"), @r###"
    # syntax=docker/dockerfile:1

    FROM ghcr.io/astral-sh/uv:0.13.8 AS uv

    FROM python:3.13-slim-trixie AS build
    COPY --from=uv /uv /usr/local/bin/uv
    ENV UV_COMPILE_BYTECODE=1 \
        UV_LINK_MODE=copy \
        UV_PYTHON_DOWNLOADS=never
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY pyproject.toml uv.lock ./
    RUN --mount=type=cache,target=/root/.cache/uv \
        uv sync --locked --no-dev --no-install-project

    FROM build AS dev
    RUN --mount=type=cache,target=/root/.cache/uv \
        uv sync --locked --no-install-project
    COPY main.py ./
    COPY app app
    ENV PATH="/app/.venv/bin:$PATH" \
        PYTHONUNBUFFERED=1
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["uvicorn", "main:app", "--host", "0.0.0.0", "--reload"]

    FROM python:3.13-slim-trixie AS runtime
    ENV PATH="/app/.venv/bin:$PATH" \
        PYTHONDONTWRITEBYTECODE=1 \
        PYTHONUNBUFFERED=1 \
        PORT=8000
    WORKDIR /app
    COPY --from=build /app/.venv .venv
    COPY main.py ./
    COPY app app
    USER 10001:10001
    EXPOSE 8000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
    ENTRYPOINT ["uvicorn", "main:app", "--host", "0.0.0.0"]
    "###);
}

#[test]
fn python_poetry() {
    insta::assert_snapshot!(text("python poetry"), @r###"
    # syntax=docker/dockerfile:1

    FROM python:3.13-slim-trixie AS build
    RUN --mount=type=cache,target=/root/.cache/pip \
        pip install poetry==2.5.1
    ENV POETRY_NO_INTERACTION=1 \
        POETRY_VIRTUALENVS_IN_PROJECT=1
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY pyproject.toml poetry.lock ./
    RUN --mount=type=cache,target=/root/.cache/pypoetry \
        poetry install --only main --no-root

    FROM build AS dev
    RUN --mount=type=cache,target=/root/.cache/pypoetry \
        poetry install --no-root
    COPY main.py ./
    COPY app app
    ENV PATH="/app/.venv/bin:$PATH" \
        PYTHONUNBUFFERED=1
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["uvicorn", "main:app", "--host", "0.0.0.0", "--reload"]

    FROM python:3.13-slim-trixie AS runtime
    ENV PATH="/app/.venv/bin:$PATH" \
        PYTHONDONTWRITEBYTECODE=1 \
        PYTHONUNBUFFERED=1 \
        PORT=8000
    WORKDIR /app
    COPY --from=build /app/.venv .venv
    COPY main.py ./
    COPY app app
    USER 10001:10001
    EXPOSE 8000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
    ENTRYPOINT ["uvicorn", "main:app", "--host", "0.0.0.0"]
    "###);
}

#[test]
fn python_package() {
    insta::assert_snapshot!(text("python package"), @r###"
    # syntax=docker/dockerfile:1

    FROM ghcr.io/astral-sh/uv:0.13.8 AS uv

    FROM python:3.13-slim-trixie AS build
    COPY --from=uv /uv /usr/local/bin/uv
    ENV UV_COMPILE_BYTECODE=1 \
        UV_LINK_MODE=copy \
        UV_PYTHON_DOWNLOADS=never
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY pyproject.toml uv.lock ./
    RUN --mount=type=cache,target=/root/.cache/uv \
        uv sync --locked --no-dev --no-install-project
    COPY README.md ./
    COPY src src
    RUN --mount=type=cache,target=/root/.cache/uv \
        uv sync --locked --no-dev --no-editable

    FROM build AS dev
    RUN --mount=type=cache,target=/root/.cache/uv \
        uv sync --locked --no-editable
    ENV PATH="/app/.venv/bin:$PATH" \
        PYTHONUNBUFFERED=1
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["gunicorn", "api:app", "--bind", "0.0.0.0:8000", "--reload"]

    FROM python:3.13-slim-trixie AS runtime
    ENV PATH="/app/.venv/bin:$PATH" \
        PYTHONDONTWRITEBYTECODE=1 \
        PYTHONUNBUFFERED=1 \
        HOME=/tmp \
        PORT=8000
    WORKDIR /app
    COPY --from=build /app/.venv .venv
    USER 10001:10001
    EXPOSE 8000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
    ENTRYPOINT ["gunicorn", "api:app", "--bind", "0.0.0.0:8000"]
    "###);
}

#[test]
fn python_django() {
    insta::assert_snapshot!(text("python django"), @r###"
    # syntax=docker/dockerfile:1

    FROM python:3.13-slim-trixie AS build
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends build-essential libpq-dev pkg-config \
        && rm -rf /var/lib/apt/lists/*
    RUN python -m venv /app/.venv
    ENV PATH="/app/.venv/bin:$PATH"
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY requirements.txt ./
    RUN --mount=type=cache,target=/root/.cache/pip \
        pip install -r requirements.txt

    FROM build AS dev
    COPY manage.py ./
    COPY shop shop
    ENV PATH="/app/.venv/bin:$PATH" \
        PYTHONUNBUFFERED=1
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["gunicorn", "shop.wsgi", "--bind", "0.0.0.0:8000", "--reload"]

    FROM python:3.13-slim-trixie AS runtime
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends libpq5 \
        && rm -rf /var/lib/apt/lists/*
    ENV PATH="/app/.venv/bin:$PATH" \
        PYTHONDONTWRITEBYTECODE=1 \
        PYTHONUNBUFFERED=1 \
        HOME=/tmp \
        PORT=8000
    WORKDIR /app
    COPY --from=build /app/.venv .venv
    COPY manage.py ./
    COPY shop shop
    RUN python manage.py collectstatic --no-input \
        && install --directory --owner=10001 --group=10001 /app/media
    USER 10001:10001
    EXPOSE 8000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
    ENTRYPOINT ["gunicorn", "shop.wsgi", "--bind", "0.0.0.0:8000"]
    "###);
}
