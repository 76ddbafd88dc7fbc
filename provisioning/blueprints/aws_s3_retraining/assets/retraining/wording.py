"""Names and words that the function and those who read of its work have in common."""

from __future__ import annotations

import re
from hashlib import sha256

# Lines of the function's log, each a JSON object with `said`.
ASKED = "training-asked"
REFUSED = "training-refused"
IGNORED = "object-ignored"

MODELS = "models/"  # where in the own bucket jobs write; objects there start nothing

# What a job carries along in its environment, for its container and for the history.
TRIGGER, OBJECT, AT = "SKYCLOCK_TRIGGER", "SKYCLOCK_OBJECT", "SKYCLOCK_AT"
LONGEST_VALUE = 512

_DIGEST = r"[0-9a-f]{12}"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def job_name(root: str, cause: str) -> str:
    """Of the one job that a cause leads to. An event that is delivered twice has the same, so
    that SageMaker takes the first only."""
    return f"{root}-{digest(cause)}"


def is_job(root: str, name: str) -> bool:
    """Names of another Pipeline may begin with ours."""
    return bool(re.fullmatch(rf"{re.escape(root)}-{_DIGEST}", name))


def data_address(bucket: str, key: str, *, train_on: str) -> str:
    """What a job reads: the object itself, or all that lies in its folder. A key that ends
    with a slash is a folder already."""
    if train_on == "folder" and not key.endswith("/"):
        folder, slash, _ = key.rpartition("/")
        key = folder + slash
    return f"s3://{bucket}/{key}"
