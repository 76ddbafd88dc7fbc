from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from provisioning.contracts import LogEvent, OperationError, OutcomeEvent
from provisioning.masking import Masker
from provisioning.operations import read_events, read_outcome
from provisioning.operations.spool import DAMAGED, Spool

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def line(text: str) -> LogEvent:
    return LogEvent(time=NOW, level="info", text=text)


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    assert read_events(path, 0) == ([], 0)
    spool = Spool(path, Masker([]))
    spool.write(line("one — ünï\u2028code"))
    events, offset = read_events(path, 0)
    assert events == [line("one — ünï\u2028code")]
    assert read_events(path, offset) == ([], offset)
    spool.write(line("two"))
    assert read_events(path, offset)[0] == [line("two")]
    spool.close()


def test_a_line_that_is_not_whole_waits(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    Spool(path, Masker([])).write(line("one"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    events, offset = read_events(path, 0)
    assert (len(events), offset) == (1, len(whole))
    path.write_bytes(whole + whole)
    assert len(read_events(path, offset)[0]) == 1


def test_the_outcome_is_the_last_line_that_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    assert read_outcome(path) is None
    spool = Spool(path, Masker([]))
    assert read_outcome(path) is None
    spool.write(line("one"))
    assert read_outcome(path) is None
    told = OutcomeEvent(time=NOW, status="failed", error=OperationError(summary="no"))
    spool.write(told)
    assert read_outcome(path) == told
    path.write_bytes(path.read_bytes()[:-1])
    assert read_outcome(path) is None


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """No file of this process grows beyond it: a write is cut off there, as by a full disk."""
    _, hard = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_a_full_disk_cut_off_takes_no_other_event_along(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path, Masker([]))
    spool.write(line("one"))
    with full_at(path.stat().st_size + 20), pytest.raises(OSError):
        spool.write(line("two"))
    assert [each.text for each in read_events(path, 0)[0]] == ["one"]
    spool.write(line("three"))
    events, _ = read_events(path, 0)
    assert [each.text for each in events] == ["one", DAMAGED, "three"]
    told = OutcomeEvent(time=NOW, status="failed", error=OperationError(summary="no"))
    spool.write(told)
    assert read_outcome(path) == told


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path, Masker([]))

    def write(text: str) -> None:
        for _ in range(50):
            spool.write(line(text * 2000))

    threads = [Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_events(path, 0)[0]) == 200


def test_the_file_is_for_us_only(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    Spool(path, Masker([]))
    assert path.stat().st_mode & 0o077 == 0
