"""Which engine the vendor offers now: asked for when people want to know, never taken by itself."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from threading import Thread

from provisioning.errors import EngineMissing

ADDRESS = "https://www.pulumi.com/latest-version"  # what the vendor's installer asks, too
SECONDS = 8.0
MOST_BYTES = 100


def newest() -> str:
    """Such as "3.300.0". Raises EngineMissing with a sentence when nobody could be asked."""
    told: list[str | Exception] = []

    def ask() -> None:
        try:
            told.append(_fetched())
        except (OSError, ValueError) as error:
            told.append(error)

    # The thread is for the look-up of the name, which has no time limit of its own.
    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(SECONDS + 2)
    answer = told[0] if told else TimeoutError("it took too long")
    if isinstance(answer, str):
        return answer
    raise EngineMissing(
        f"The vendor could not be asked for a newer engine ({ADDRESS}): {_why(answer)}."
    )


def _fetched() -> str:
    with urllib.request.urlopen(ADDRESS, timeout=SECONDS) as answer:
        text = answer.read(MOST_BYTES).decode("ascii", errors="replace").strip()
    if not re.fullmatch(r"v?\d{1,4}\.\d{1,5}\.\d{1,5}", text):
        raise ValueError("the answer is no version")
    return str(text.removeprefix("v"))


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(getattr(reason, "strerror", None) or reason).rstrip(".") or type(error).__name__
