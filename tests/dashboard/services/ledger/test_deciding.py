"""When a start may be called missed, and when it may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.services.ledger import deciding
from dashboard.services.ledger.deciding import Verdict, View, decide

DUE = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)
GRACE = timedelta(minutes=15)
END = DUE + GRACE


def test_within_its_grace_nothing_is_said() -> None:
    assert decide(DUE, END, View(as_of=END - timedelta(seconds=1))) is Verdict.WAIT
    assert decide(DUE, END, View(as_of=END)) is Verdict.MISSED


def test_a_run_that_was_only_listed_holds_it_up() -> None:
    near = View(as_of=END, unread=(DUE + timedelta(minutes=3),))
    assert decide(DUE, END, near) is Verdict.WAIT
    far = View(as_of=END, unread=(DUE - timedelta(hours=3), END + timedelta(hours=3)))
    assert decide(DUE, END, far) is Verdict.MISSED


def test_what_the_cloud_had_forgotten_before_we_looked_is_not_missed() -> None:
    later = DUE + timedelta(days=60)
    kept = later - timedelta(days=45)
    never = View(as_of=later, kept_since=kept)
    assert decide(DUE, END, never) is Verdict.UNREADABLE
    long_ago = View(as_of=later, kept_since=kept, seen_until=DUE - timedelta(days=1))
    assert decide(DUE, END, long_ago) is Verdict.UNREADABLE
    in_time = View(as_of=later, kept_since=kept, seen_until=END)
    assert decide(DUE, END, in_time) is Verdict.MISSED


moments = st.integers(-200_000, 200_000).map(lambda seconds: DUE + timedelta(seconds=seconds))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    as_of=moments,
    seen_until=st.none() | moments,
    kept_since=st.none() | moments,
    unread=st.lists(moments).map(sorted),
)
def test_missed_is_said_only_of_what_was_read(
    as_of: datetime,
    seen_until: datetime | None,
    kept_since: datetime | None,
    unread: list[datetime],
) -> None:
    view = View(as_of=as_of, seen_until=seen_until, kept_since=kept_since, unread=unread)
    verdict = decide(DUE, END, view)
    read = as_of >= END and not [each for each in unread if DUE <= each <= END]
    remembered = kept_since is None or kept_since <= DUE - deciding.EARLY
    if verdict is Verdict.MISSED:
        assert read
        assert remembered or (seen_until and seen_until >= min(END, kept_since))
    if not read:
        assert verdict is Verdict.WAIT


def test_how_late_a_start_is() -> None:
    assert deciding.seconds_late(DUE, DUE - timedelta(seconds=3)) == 0
    assert deciding.seconds_late(DUE, DUE + timedelta(seconds=119)) == 119
    assert not deciding.is_late(DUE, DUE + timedelta(seconds=120))
    assert deciding.is_late(DUE, DUE + timedelta(seconds=121))
