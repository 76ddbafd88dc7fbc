"""Rows that workers take one at a time: whether one is free, and when it is tried again.

A moment that is farther off than any that is ever written counts as past: the clock was put
back since.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

DOUBLINGS = 10  # more would not fit into a time


def free(lease: timedelta, *, field: str = "lease_until") -> Q:
    """Nobody is at it, or whoever was let a lease of this length run out."""
    now = timezone.now()
    ended = Q(**{f"{field}__lt": now}) | Q(**{f"{field}__gt": now + 2 * lease})
    return Q(**{field: None}) | ended


def has_come(longest: timedelta, *, field: str = "next_attempt_at") -> Q:
    """It is time for it; `longest` is the longest pause that is ever made."""
    now = timezone.now()
    return Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": now + 2 * longest})


def pause(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """After so many failures in a row, one at least: each time twice as long."""
    return min(first * (1 << min(failures - 1, DOUBLINGS)), longest)
