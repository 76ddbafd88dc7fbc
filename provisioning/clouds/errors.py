"""Cloud SDK errors become Skyclock's, by their code, never by their text.

Each SDK has a module that knows its errors; it is loaded when the first of them is met, so
that entering one cloud loads nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import cast

from provisioning import masking
from provisioning.errors import (
    AlreadyExists,
    CloudAway,
    CloudError,
    NotFound,
    PermissionDenied,
    Throttled,
)

# The package that an error's class comes from → the module that knows its errors.
KNOWN_BY: dict[str, str] = {
    "botocore": "provisioning.clouds.aws_errors",
    "azure": "provisioning.clouds.azure_errors",
    "google": "provisioning.clouds.google_errors",
    "googleapiclient": "provisioning.clouds.google_errors",
    "requests": "provisioning.clouds.google_errors",
}

Ours = Callable[[Exception, str], CloudError]


def by_code(
    *, denied: str, missing: str, taken: str, throttled: str, away: str
) -> dict[str, type[CloudError]]:
    """What of ours a cloud's codes are; each text has some, with spaces between."""
    kinds = {
        denied: PermissionDenied,
        missing: NotFound,
        taken: AlreadyExists,
        throttled: Throttled,
        away: CloudAway,
    }
    return {code: kind for codes, kind in kinds.items() for code in codes.split()}


@contextmanager
def cloud_errors(operation: str) -> Iterator[None]:
    """Turn the SDK's errors into ours. `operation` says what was being done, for people:
    `with cloud_errors("list the runs"): …`. Other errors pass unchanged."""
    try:
        yield
    except Exception as error:
        translate = _translator(error)
        if translate is None:
            raise
        mapped = _without_secrets(translate(error, operation))
        raise mapped from mapped.__cause__


def _without_secrets(error: CloudError) -> CloudError:
    """Its words go into rows and onto pages, and some clouds repeat what they were sent."""
    error.message = masking.masked(error.message)
    error.args = (error.message,)
    return error


def _translator(error: Exception) -> Ours | None:
    packages = (each.__module__.partition(".")[0] for each in type(error).__mro__)
    known = next((KNOWN_BY[package] for package in packages if package in KNOWN_BY), None)
    return cast(Ours, import_module(known).ours) if known else None
