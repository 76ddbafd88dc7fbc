"""Sitting out that the database is away: restarted, failed over, or out of reach for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
LONGEST_SECONDS = 600.0  # then whoever waits gives up, and `reap` finds what it leaves
T = TypeVar("T")


def sit_out(action: Callable[[], T]) -> T:
    """Do it, as often as it takes until the database answers. It has to be repeatable."""
    deadline = time.monotonic() + LONGEST_SECONDS
    told = False
    while True:
        try:
            return action()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise  # a transaction is begun anew by whoever began it
            if not told:
                log.warning("The database is away, waiting for it: %s", error)
                told = True
            connection.close()
            time.sleep(AGAIN_SECONDS)
