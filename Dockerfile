# One image for every process; compose.yaml says which command each runs. Nothing secret is in it.
FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY deploy/requirements.txt deploy/requirements.txt
RUN python -m venv /app/.venv \
    && /app/.venv/bin/pip install --require-hashes --only-binary :all: -r deploy/requirements.txt
COPY manage.py ./
COPY config config
COPY erpstaging erpstaging
COPY templates templates
COPY deploy/healthcheck.py deploy/healthcheck.py
# The key is for this step alone: nothing is signed, and it is drawn anew each time.
RUN ERPSTAGING_SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    ERPSTAGING_ENVIRONMENT=development \
    .venv/bin/python manage.py collectstatic --noinput \
    && .venv/bin/python -m compileall -q config erpstaging .venv/lib

FROM python:3.11.14-slim-bookworm

RUN groupadd --system --gid 10001 erpstaging \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/erpstaging --create-home erpstaging
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ERPSTAGING_DATA_DIR=/var/lib/erpstaging
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["python", "deploy/healthcheck.py"]
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", \
     "--workers-kill-timeout", "40", "config.wsgi:application"]
