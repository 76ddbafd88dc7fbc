# One image for web, worker and beat. The engine comes from the vendor's installer.
FROM node:24-bookworm-slim AS bundle
WORKDIR /app
COPY package.json package-lock.json .npmrc esbuild.config.js ./
RUN npm ci --no-audit --no-fund
COPY static static
RUN npm run build

FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 \
    SKYCLOCK_DATA=/data \
    SKYCLOCK_ENGINE_CACHE=/opt/engine \
    PATH=/app/.venv/bin:$PATH
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 skyclock \
    && install -d -o skyclock -g skyclock /data /opt/engine /app
WORKDIR /app
COPY requirements requirements
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
    && .venv/bin/uv pip install --no-cache --python .venv/bin/python --require-hashes -r requirements/product.txt
COPY --chown=skyclock . .
COPY --from=bundle /app/static/bundle static/bundle
USER skyclock
RUN python manage.py engine
VOLUME /data
EXPOSE 8000
CMD ["uvicorn", "dashboard.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off"]
