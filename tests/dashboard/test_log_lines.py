from __future__ import annotations

import json
import logging
import logging.config
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from dashboard import logging as ours
from dashboard import secrets


@pytest.fixture(params=["text", "json"])
def log(request: pytest.FixtureRequest) -> Iterator[StringIO]:
    """What is written when logging is set up as the product does it; put back afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logging.config.dictConfig(ours.configuration(request.param))
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    written = StringIO()
    handler.setStream(written)
    yield written
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("token sky_abcdefghijklmnopqrstuvwxyz012345 used", "abcdefghijklmnop"),
        ("signed by AKIAIOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"),
        ("connecting to redis://:hunter2@127.0.0.1:6379/0", "hunter2"),
        ("postgres://skyclock:hunter2@db/skyclock refused", "hunter2"),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
        ("GET /welcome/MQ/c0ffee-0123456789abcdef/", "0123456789abcdef"),
        ("Not Found: /calendar/feed/c0ffee-0123456789abcdef.ics", "0123456789abcdef"),
        ("what was opened before: opened/secret+0123456789", "0123456789"),
    ],
)
def test_secrets_in_texts_are_masked(log: StringIO, text: str, secret: str) -> None:
    secrets.seal_text("opened/secret+0123456789")
    logging.getLogger("some.library").warning("It says: %s", text)
    structlog.get_logger("ours").warning("It says", detail=text)
    written = log.getvalue()
    assert "It says" in written
    assert secret not in written


def test_secrets_in_fields_are_masked(log: StringIO) -> None:
    structlog.get_logger("ours").info(
        "Saved.", password="hunter2", secret_access_key="hunter2", api_token="hunter2", name="Prod"
    )
    written = log.getvalue()
    assert "hunter2" not in written
    assert "Prod" in written


def test_a_traceback_is_masked_too(log: StringIO) -> None:
    try:
        raise ValueError("redis://:hunter2@127.0.0.1:6379/0 is away")
    except ValueError:
        logging.getLogger("ours").exception("It failed.")
    written = log.getvalue()
    assert "ValueError" in written
    assert "hunter2" not in written


@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_json_is_one_object_per_line(log: StringIO) -> None:
    logging.getLogger("ours").warning("Two\nlines")
    (line,) = log.getvalue().splitlines()
    found = json.loads(line)
    assert (found["event"], found["level"], found["logger"]) == ("Two\nlines", "warning", "ours")
