"""Asking for work: the row, its audit entry, and the message once both are committed.

Everything enqueued goes through here. A message is only a nudge: what is to be done stands
in the rows, and `tick` nudges again for what was left behind.
"""

from __future__ import annotations

from dashboard.launch.cancelling import request_cancel
from dashboard.launch.connection_tests import enqueue_due_tests, request_test
from dashboard.launch.deployments import (
    approve,
    discard,
    request_adoption,
    request_deployment,
    request_repair,
    retry,
    roll_back,
)
from dashboard.launch.discovering import enqueue_due_discoveries, request_discovery
from dashboard.launch.engine import look_for_engine, prepare_engine, try_engine_again, use_engine
from dashboard.launch.history import enqueue_due_syncs, request_sync
from dashboard.launch.starts import call_hook, enqueue_due_starts, request_backfill, retry_start
from dashboard.launch.stewardship import (
    accept_drift,
    bring_back,
    end_maintenance,
    enqueue_due_checks,
    enqueue_due_hunts,
    enqueue_due_lifetimes,
    enqueue_due_maintenances,
    request_check,
    request_maintenance,
    restore,
)
from dashboard.launch.turns import NUDGE_AGAIN, adopt, enqueue_next, enqueue_waiting

__all__ = [
    "NUDGE_AGAIN",
    "accept_drift",
    "adopt",
    "approve",
    "bring_back",
    "call_hook",
    "discard",
    "end_maintenance",
    "enqueue_due_checks",
    "enqueue_due_discoveries",
    "enqueue_due_hunts",
    "enqueue_due_lifetimes",
    "enqueue_due_maintenances",
    "enqueue_due_starts",
    "enqueue_due_syncs",
    "enqueue_due_tests",
    "enqueue_next",
    "enqueue_waiting",
    "look_for_engine",
    "prepare_engine",
    "request_adoption",
    "request_backfill",
    "request_cancel",
    "request_check",
    "request_deployment",
    "request_discovery",
    "request_maintenance",
    "request_repair",
    "request_sync",
    "request_test",
    "restore",
    "retry",
    "retry_start",
    "roll_back",
    "try_engine_again",
    "use_engine",
]
