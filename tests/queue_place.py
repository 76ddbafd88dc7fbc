"""Where Celery's messages go within a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboard import celery


@contextmanager
def queue_at(url: str) -> Iterator[None]:
    """Messages go there; Celery keeps its producers, so they are let go."""
    before = celery.app.conf.broker_url
    celery.app.conf.broker_url = url
    celery.app.amqp._producer_pool = None
    yield
    celery.app.conf.broker_url = before
    celery.app.amqp._producer_pool = None
