"""Following a Deployment while it runs.

Writers tell on a Redis channel what is new once it is committed, lines included; readers show
it, and take from the rows whatever they were not told. One subscription per web process wakes
all who follow, because a subscription for each reader collapses under many lines. Redis away:
readers look into the rows every two seconds.
"""

from dashboard.live.following import follow
from dashboard.live.hearing import Moment, hub, wake
from dashboard.live.outlet import Outlet
from dashboard.live.telling import _publisher, publish
from dashboard.live.wire import event, line_values, lines_event

__all__ = [
    "Moment",
    "Outlet",
    "_publisher",
    "event",
    "follow",
    "hub",
    "line_values",
    "lines_event",
    "publish",
    "wake",
]
