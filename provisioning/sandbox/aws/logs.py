"""CloudWatch log lines that the simulated services write."""

from __future__ import annotations

from collections.abc import Sequence

from moto.backends import get_backend

from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.services import Place

Line = tuple[float, str]  # seconds since the epoch, text


class Logs:
    def __init__(self, moto: MotoState) -> None:
        self._moto = moto

    def write(
        self, place: Place, *, group: str, stream: str, lines: Sequence[Line], session: Session
    ) -> None:
        """Append lines. A role without the permission leaves no lines, as on AWS."""
        arn = place.arn("logs", f"log-group:{group}:log-stream:{stream}")
        if session.allows("logs:PutLogEvents", arn):
            self.deliver(place, group=group, stream=stream, lines=lines)

    def deliver(self, place: Place, *, group: str, stream: str, lines: Sequence[Line]) -> None:
        """Append lines that AWS itself delivers, for which nobody's permission is asked."""
        backend = get_backend("logs")[place.account][place.region]
        backend.ensure_log_group(group)
        backend.ensure_log_stream(group, stream)
        # Not through the backend: it would refuse what a clock that jumps finds too old.
        events = [{"timestamp": int(time * 1000), "message": text} for time, text in lines]
        backend.groups[group].streams[stream].put_log_events(events)
        self._moto.touch("logs", place.account, place.region)
