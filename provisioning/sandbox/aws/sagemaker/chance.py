"""Chance that is the same each time: what is simulated depends on names only."""

from __future__ import annotations

import random
import re

_SMALL_IS_GOOD = re.compile(r"loss|err|rmse|mse|mae|mape|perplexity", re.IGNORECASE)


def chance(*names: str) -> random.Random:
    # A seed of text does not depend on the process, unlike hash().
    return random.Random("\n".join(names))  # noqa: S311


def metric_value(metric: str, *names: str) -> float:
    """A believable value: a low error, or a high score."""
    low, high = (0.05, 0.35) if _SMALL_IS_GOOD.search(metric) else (0.82, 0.97)
    return round(chance(metric, *names).uniform(low, high), 4)
