"""Chance that is the same each time: what is simulated depends on names only."""

from __future__ import annotations

import random


def chance(*names: str) -> random.Random:
    # A seed of text does not depend on the process, unlike hash().
    return random.Random("\n".join(names))  # noqa: S311
