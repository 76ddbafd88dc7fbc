"""How logs are written: readable lines, or one JSON object per line; secrets in neither."""

from __future__ import annotations

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from provisioning import masking

SECRET_NAMES = re.compile(
    r"passw|passphrase|secret|token|credential|authorization|cookie|sealed|api_?key", re.IGNORECASE
)
# Our own tokens, AWS's access keys, passwords within addresses.
SECRET_TEXTS = (
    (re.compile(r"\bsky_[\w-]{20,}"), "sky_…"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"), "AKIA…"),
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@"), r"\1:…@"),
    (re.compile(r"(?i)(bearer|basic) [\w.~+/=-]{8,}"), r"\1 …"),
    (re.compile(r"/welcome/[\w-]+/[\w-]+"), "/welcome/…"),
    (re.compile(r"/calendar/feed/[\w-]+"), "/calendar/feed/…"),
)


def without_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {
        name: "…" if SECRET_NAMES.search(name) else _masked(value) for name, value in event.items()
    }


def _masked(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for pattern, instead in SECRET_TEXTS:
        value = pattern.sub(instead, value)
    return masking.masked(value)  # what this process has opened, wherever it has got to


def configuration(form: str, *, level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING. `form` is "text" or "json"."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    }
    quiet = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"one": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "one"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own would mail admins and print everything twice.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "azure": quiet,
            "botocore": quiet,
            "celery": quiet,
            "kombu": quiet,
            "urllib3": quiet,
        },
    }
