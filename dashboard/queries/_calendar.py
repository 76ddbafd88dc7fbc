"""The calendar: what happened and what will start, over all clouds, in cells that are counted.

A fleet of ten thousand is shown as density; where there are few, each start has its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from dashboard.access import Visitor
from dashboard.models import Connection, Occurrence, Run
from dashboard.queries._clock_changes import ZoneChange, zone_changes
from dashboard.queries._happened import (
    LATE,
    LEDGER_STATES,
    MISSED,
    PAST_STATES,
    QUARTER_SECONDS,
    Outcomes,
    broken_promises,
    named_broken_promises,
    named_runs,
    outcomes,
    runs_of,
)
from dashboard.queries._load import Together, busiest
from dashboard.queries._periods import Period, Slot
from dashboard.queries._scheduled import Chosen, Fleet, Scheduled, fleet_of
from dashboard.queries._starting import to_come
from provisioning.schedules.minutes import MINUTE, Tally, Window, minutes_between

DUE = "due"
NAMED = 500  # schedules or runs; more are shown as density, and named in the list of an hour
WRONG = ("failed", MISSED)
SHOWN = {"day": 3, "week": 3, "month": 4}


@dataclass(frozen=True)
class Block:
    """Starts of one Pipeline within one cell."""

    name: str
    at: datetime
    pipeline: int
    status: str
    timezone: str = ""  # of its schedule
    count: int = 1
    run: int | None = None


@dataclass
class Cell:
    slot: Slot
    start: datetime
    end: datetime
    due: int = 0
    past: Outcomes = field(default_factory=Counter)  # runs
    broken: Outcomes = field(default_factory=Counter)  # what was late or missed, or is unknown
    blocks: list[Block] = field(default_factory=list)
    changes: list[ZoneChange] = field(default_factory=list)
    now: bool = False  # a clock stands in it

    @property
    def happened(self) -> int:
        return self.past.total()

    @property
    def total(self) -> int:
        """Starts; the run of a late one is mostly one of those that happened."""
        did_not = self.broken.total() - self.broken[LATE]
        return self.due + max(self.happened, self.broken[LATE]) + did_not


@dataclass(frozen=True)
class Calendar:
    period: Period
    cells: Mapping[tuple[date, int], Cell]
    fleet: Fleet
    together: Sequence[Together]
    changes: Sequence[ZoneChange]
    now: datetime  # of the clocks that its schedules go by

    @cached_property
    def due(self) -> int:
        return sum(cell.due for cell in self.cells.values())

    @property
    def past(self) -> Outcomes:
        found: Outcomes = Counter()
        for cell in self.cells.values():
            found.update(cell.past)
        return found

    @property
    def broken(self) -> Outcomes:
        found: Outcomes = Counter()
        for cell in self.cells.values():
            found.update(cell.broken)
        return found

    @cached_property
    def most(self) -> int:
        """To come, of one cell."""
        return max((cell.due for cell in self.cells.values()), default=0)

    @cached_property
    def least(self) -> int:
        """Of one cell with something to come."""
        return min((cell.due for cell in self.cells.values() if cell.due), default=0)

    @property
    def filled(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell.total]


def calendar(visitor: Visitor, real: datetime, period: Period, chosen: Chosen) -> Calendar:
    """`real` is real time; each Pipeline's "now" is what its Connection's clock shows then."""
    found = fleet_of(visitor, chosen)
    window = period.window
    tally = to_come(found, window, real) if chosen.status in ("", DUE) else Tally()
    cells = {slot.key: _cell(slot, window, tally) for slot in period.slots}
    now = clock_of(found.connections.values(), real)
    changes = zone_changes(found, period)
    _add_past(cells, visitor, chosen, window, nows=_nows(found, real))
    _mark(cells, period, changes, now)
    _name(cells, visitor, chosen, found, period, real=real)
    return Calendar(
        period=period,
        cells=cells,
        fleet=found,
        together=busiest(tally, window, period.zone),
        changes=changes,
        now=now,
    )


def clock_of(connections: Iterable[Connection], real: datetime) -> datetime:
    """The clock that a calendar opens at: real time, but where all Connections are simulated."""
    nows = [(not each.sandbox, each.now(real)) for each in connections]
    if not nows or any(of_a_cloud for of_a_cloud, _ in nows):
        return real
    return max(now for _, now in nows)


def _cell(slot: Slot, window: Window, tally: Tally) -> Cell:
    first, end = (slot.spans[0][0], slot.spans[-1][1]) if slot.spans else (0, 0)
    return Cell(
        slot=slot,
        start=window.since + first * MINUTE,
        end=window.since + end * MINUTE,
        due=sum(tally.total(*span) for span in slot.spans),
    )


def _add_past(
    cells: Mapping[tuple[date, int], Cell],
    visitor: Visitor,
    chosen: Chosen,
    window: Window,
    *,
    nows: Mapping[Connection, datetime],
) -> None:
    places = _places(cells.values())
    if chosen.status in ("", *PAST_STATES):
        for quarter, found in outcomes(visitor, chosen, window.since, window.until).items():
            places[quarter].past.update(found)
    if chosen.status in ("", *LEDGER_STATES):
        broken = broken_promises(visitor, chosen, window.since, window.until, nows)
        for quarter, found in broken.items():
            places[quarter].broken.update({word: n for word, n in found.items() if n})


def _nows(fleet: Fleet, real: datetime) -> dict[Connection, datetime]:
    return {each: each.now(real) for each in fleet.connections.values()}


def _places(cells: Iterable[Cell]) -> dict[int, Cell]:
    """Each quarter of an hour of the window → its cell."""
    quarter = QUARTER_SECONDS // 60
    return {
        minute // quarter: cell
        for cell in cells
        for first, end in cell.slot.spans
        for minute in range(first, end, quarter)
    }


def _mark(
    cells: Mapping[tuple[date, int], Cell],
    period: Period,
    changes: Sequence[ZoneChange],
    now: datetime,
) -> None:
    places = _places(cells.values())
    for each in changes:
        cell = places.get(minutes_between(period.window.since, each.change.at) // 15)
        if cell:
            cell.changes.append(each)
    here = places.get((now - period.window.since) // timedelta(minutes=15))
    if here:
        here.now = True


# ── Names, where there are few ──────────────────────────────────────────────────────


def _name(
    cells: Mapping[tuple[date, int], Cell],
    visitor: Visitor,
    chosen: Chosen,
    found: Fleet,
    period: Period,
    *,
    real: datetime,
) -> None:
    window, shown = period.window, SHOWN[period.view]
    happened = sum(cell.happened for cell in cells.values())
    if 0 < happened <= NAMED:
        places = _places(cells.values())
        for run in named_runs(visitor, chosen, window.since, window.until):
            place = places[int((run.started - window.since).total_seconds()) // QUARTER_SECONDS]
            place.blocks.append(_ran(run))
    broken = sum(cell.broken.total() for cell in cells.values())
    if 0 < broken <= NAMED:
        places = _places(cells.values())
        nows = _nows(found, real)
        rows = named_broken_promises(visitor, chosen, window.since, window.until, nows)
        for status, row in rows:
            place = places[int((row.at - window.since).total_seconds()) // QUARTER_SECONDS]
            place.blocks.append(_broken(status, row))
    if len(found.active) <= NAMED and chosen.status in ("", DUE):
        for each in found.active:
            _name_scheduled(cells.values(), each, window, now=found.now(each, real))
    for cell in cells.values():
        if len(cell.blocks) > shown:  # one line says how many more; none hides what went wrong
            cell.blocks.sort(key=lambda block: (block.status not in WRONG, block.at, block.name))
            del cell.blocks[shown - 1 :]
        cell.blocks.sort(key=lambda block: (block.at, block.name))


def _ran(run: Run) -> Block:
    return Block(
        name=run.pipeline.name,
        at=run.started,
        pipeline=run.pipeline_id,
        status=run.status,
        timezone=run.trigger.timezone if run.trigger else "",
        run=run.pk,
    )


def _broken(status: str, row: Occurrence) -> Block:
    return Block(
        name=row.pipeline.name,
        at=row.at,
        pipeline=row.pipeline_id,
        status=status,
        timezone=row.trigger.timezone,
        run=row.run_id,
    )


def _name_scheduled(
    cells: Iterable[Cell], each: Scheduled, window: Window, *, now: datetime
) -> None:
    bits = window.between(each.timing.firings(window), now, None)
    if not bits:
        return
    for cell in cells:
        if not cell.due:
            continue
        for first, end in cell.slot.spans:
            part = bits >> first & ((1 << (end - first)) - 1)
            if part:
                at = window.since + (first + (part & -part).bit_length() - 1) * MINUTE
                cell.blocks.append(_due(each, at, count=part.bit_count()))


def _due(each: Scheduled, at: datetime, *, count: int) -> Block:
    return Block(
        name=each.name,
        at=at,
        pipeline=each.pipeline,
        status=DUE,
        timezone=each.timing.timezone,
        count=count,
    )


# ── The list of a short time ────────────────────────────────────────────────────────


def starts_within(
    visitor: Visitor, real: datetime, window: Window, chosen: Chosen, *, limit: int = 500
) -> tuple[list[Block], int]:
    """The first starts of a short window by name, in order, and how many there are in all."""
    blocks: list[Block] = []
    unnamed = 0
    found = fleet_of(visitor, chosen)
    if chosen.status in ("", *LEDGER_STATES):
        nows = _nows(found, real)
        rows = named_broken_promises(visitor, chosen, window.since, window.until, nows)
        blocks += [_broken(status, row) for status, row in rows]
    if chosen.status in ("", *PAST_STATES):
        runs = named_runs(visitor, chosen, window.since, window.until, limit=limit)
        blocks += [_ran(run) for run in runs]
        if len(runs) == limit:
            unnamed = runs_of(visitor, chosen, window.since, window.until).count() - limit
    if chosen.status in ("", DUE):
        for each in found.active:
            bits = window.between(each.timing.firings(window), found.now(each, real), None)
            if bits:
                at = window.since + ((bits & -bits).bit_length() - 1) * MINUTE
                blocks.append(_due(each, at, count=bits.bit_count()))
    blocks.sort(key=lambda block: (block.at, block.name))
    return blocks[:limit], unnamed + sum(block.count for block in blocks)
