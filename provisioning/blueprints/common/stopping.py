"""Ending all runs of a stack before it goes, and waiting until they have ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from provisioning.blueprints.base import Controls, RunReader
from provisioning.contracts import RunRecord
from provisioning.errors import NotPossible

PATIENCE = timedelta(minutes=2)
LOOK_SECONDS = 1.0


def stop_all(
    running: Callable[[], Sequence[str]],
    controls: Controls,
    *,
    too_long: Callable[[int], str],
    begin: Callable[[int], None] = lambda count: None,
    patience: timedelta = PATIENCE,
) -> None:
    """Stop what runs until nothing does. `begin` is told how many there are, if any; NotPossible
    with the words of `too_long` when they take longer than our patience."""
    until, begun = time.monotonic() + patience.total_seconds(), False
    while found := running():
        if not begun:
            begin(len(found))
            begun = True
        if time.monotonic() > until:
            raise NotPossible(too_long(len(found)))
        for cloud_id in found:
            with suppress(NotPossible):  # it has ended by itself, or has nothing to stop
                controls.stop(cloud_id)
        time.sleep(LOOK_SECONDS)


def runs_since(reader: RunReader, since: datetime) -> Iterator[RunRecord]:
    """All pages of them."""
    page = reader.runs(since=since)
    yield from page.runs
    while page.cursor:
        page = reader.runs(since=since, cursor=page.cursor)
        yield from page.runs
