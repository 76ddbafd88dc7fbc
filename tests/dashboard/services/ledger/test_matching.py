"""Which run answers which due time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.services.ledger.matching import EARLY, ON_TIME, REACH, Matched, Started, match

DAWN = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)
GRACE = timedelta(minutes=15)


def at(minutes: float) -> datetime:
    return DAWN + timedelta(minutes=minutes)


def matched(dues: list[float], runs: list[Started], unread: tuple[datetime, ...] = ()) -> Matched:
    return match([at(due) for due in dues], runs, grace=GRACE, unread=unread)


def test_each_run_finds_its_own_time() -> None:
    found = matched([0, 5, 10], [Started(1, at(0.2)), Started(2, at(5)), Started(3, at(10.9))])
    assert found.answers == {1: at(0), 2: at(5), 3: at(10)}
    assert found.unanswered == ()


def test_a_late_run_takes_the_time_that_nobody_answered() -> None:
    found = matched([0, 60, 120], [Started(1, at(0)), Started(2, at(95)), Started(3, at(120))])
    assert found.answers == {1: at(0), 2: at(60), 3: at(120)}


def test_a_late_run_does_not_take_the_time_of_the_next_one() -> None:
    """Every five minutes, and the first is seven minutes late."""
    found = matched([0, 5, 10], [Started(1, at(5)), Started(2, at(7)), Started(3, at(10))])
    assert found.answers == {1: at(5), 2: at(0), 3: at(10)}


def test_a_run_that_tells_its_firing_belongs_to_no_other() -> None:
    late = Started(1, at(65), scheduled_for=at(0))
    assert matched([0, 60], [late]).answers == {1: at(0)}
    assert matched([60], [late]) == Matched({}, (late,))


def test_a_second_run_of_one_time_answers_nothing() -> None:
    twice = Started(2, at(0.5))
    found = matched([0], [Started(1, at(0)), twice])
    assert (found.answers, found.unanswered) == ({1: at(0)}, (twice,))


def test_a_run_of_unknown_origin_is_taken_within_the_grace_and_is_never_left_over() -> None:
    assert matched([0], [Started(1, at(10), certain=False)]).answers == {1: at(0)}
    found = matched([0], [Started(1, at(20), certain=False)])
    assert found == Matched({}, ())


def test_who_is_certain_comes_first() -> None:
    found = matched([0], [Started(1, at(0), certain=False), Started(2, at(0))])
    assert found.answers == {2: at(0)}


def test_a_late_run_waits_while_an_earlier_one_was_not_read() -> None:
    late = Started(1, at(95))
    assert matched([0, 60], [late], unread=(at(60.5),)) == Matched({}, ())
    assert matched([0, 60], [late], unread=(at(96),)).answers == {1: at(60)}


gaps = st.lists(st.integers(10, 3000), min_size=1, max_size=40)
delays = st.integers(-8, 100)


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(gaps=gaps, chosen=st.data())
def test_what_is_on_time_is_matched_whatever_else_runs(
    gaps: list[int], chosen: st.DataObject
) -> None:
    """Times ten minutes apart or more, some dropped, some strangers between them."""
    dues = [at(sum(gaps[: place + 1])) for place in range(len(gaps))]
    ran = [due for due in dues if chosen.draw(st.booleans())]
    runs = [
        Started(number, due + timedelta(seconds=chosen.draw(delays)))
        for number, due in enumerate(ran)
    ]
    found = match(dues, runs, grace=GRACE, unread=())
    assert found.answers == dict(enumerate(ran))
    assert found.unanswered == ()


@PATIENT
@given(
    dues=st.lists(st.integers(0, 5000), unique=True, max_size=30),
    runs=st.lists(st.integers(0, 5000), max_size=30),
)
def test_nothing_is_answered_twice_or_from_afar(dues: list[int], runs: list[int]) -> None:
    started = [Started(number, at(minute)) for number, minute in enumerate(runs)]
    found = match([at(due) for due in dues], started, grace=GRACE, unread=())
    assert len(set(found.answers.values())) == len(found.answers)
    assert len(found.answers) + len(found.unanswered) == len(runs)
    free = {at(due) for due in dues} - set(found.answers.values())
    for each in started:
        due = found.answers.get(each.id)
        if due is None:  # then there was none that it could have answered
            assert not [one for one in free if each.at - REACH <= one <= each.at]
        else:
            assert due - EARLY <= each.at <= due + max(REACH, ON_TIME)
