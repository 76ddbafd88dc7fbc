"""What a queued Deployment waits for, in words."""

from __future__ import annotations

from datetime import datetime

from dashboard import times
from dashboard.models import Deployment
from dashboard.queries import Place
from dashboard.services.plans import described

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
TURN = "waiting for a worker to take it"


def phase_words(deployment: Deployment, place: Place | None, now: datetime) -> str:
    """ "second in line: waits for deployment 12, an up that mel asked for, running for 2 min" """
    if place is None or place.waits_for is None:
        queued = deployment.status == Deployment.Status.QUEUED
        return deployment.phase or (TURN if queued else "")
    return f"{in_line(place)}: waits for {described(place.waits_for)}, {since(place, now)}"


def in_line(place: Place) -> str:
    if place.position <= len(ORDINALS):
        return f"{ORDINALS[place.position - 1]} in line"
    return f"number {place.position} in line"


def since(place: Place, now: datetime) -> str:
    other = place.waits_for
    if other is None or other.started_at is None or other.status != Deployment.Status.RUNNING:
        return "not started yet"
    return f"running for {times.duration(now - other.started_at)}"
