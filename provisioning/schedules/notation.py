"""Names, and the short way to write sets of numbers, as several dialects share them."""

from __future__ import annotations

from collections.abc import Iterable

# fmt: off
MONTHS = {
    "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6,
    "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12,
}
# fmt: on
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Consecutive numbers as (first, last): 1, 2, 3, 7 → (1, 3), (7, 7)."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def compact(numbers: Iterable[int]) -> str:
    """1, 2, 3, 7 → "1-3,7". Two in a row stay apart: "1,2"."""
    return ",".join(_run(first, last) for first, last in runs(numbers))


def step_to_end(numbers: Iterable[int], high: int) -> tuple[int, int] | None:
    """(first, step) if the numbers go in equal steps to the field's end; at least three."""
    ordered = sorted(numbers)
    if len(ordered) < 3:
        return None
    step = ordered[1] - ordered[0]
    even = step > 1 and ordered == list(range(ordered[0], high + 1, step))
    return (ordered[0], step) if even else None


def listed(words: Iterable[str]) -> str:
    """a, b and c"""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def ordinal(number: int) -> str:
    """1st, 2nd, …, 11th"""
    if number in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _run(first: int, last: int) -> str:
    if last - first >= 2:
        return f"{first}-{last}"
    return str(first) if first == last else f"{first},{last}"


def offset_words(minutes: int) -> str:
    """UTC+05:45"""
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
