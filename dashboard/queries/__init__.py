"""All reads for pages and the API, as named functions: `queries.pipeline_list(user)`.

A module for each noun behind this one name. Reads that see rows through a person's eyes
take the user and start from `dashboard.access`; those that take a row trust that it came
from there. No list needs more queries when it has more rows, none counts a whole table.
"""

from dashboard.queries._agenda import Firings, Hour, agenda
from dashboard.queries._audit import (
    AuditFilter,
    audit_actions,
    audit_entries,
    every_audit_entry,
)
from dashboard.queries._backfills import backfill_items, pipeline_backfills
from dashboard.queries._calendar import (
    DUE,
    Block,
    Calendar,
    Cell,
    calendar,
    clock_of,
    starts_within,
)
from dashboard.queries._clock_changes import ZoneChange
from dashboard.queries._deployments import (
    deployment_resources,
    deployments,
    pipeline_deployments,
    pipeline_resources,
)
from dashboard.queries._discovered import Account, DiscoveredRow, Found, accounts, discovered
from dashboard.queries._drifts import (
    Drifted,
    broken_checks,
    drift_watch,
    drifted,
    ended_drifts,
    ending,
    lifetime_of,
    open_drifts,
)
from dashboard.queries._durations import NOT_KNOWN, Durations, usual_durations
from dashboard.queries._feed import Entry, feed_entries
from dashboard.queries._ghosts import ghosts, hunts
from dashboard.queries._happened import LEDGER_STATES, PAST_STATES
from dashboard.queries._lines import (
    LEVELS,
    LineFilter,
    deployment_line_numbers,
    deployment_lines,
    first_error_line,
)
from dashboard.queries._load import Load, Together, collisions
from dashboard.queries._maintenances import (
    WillNotRun,
    holdings,
    maintenance_triggers,
    maintenances,
    maintenances_of,
    scope_choices,
    will_not_run,
)
from dashboard.queries._occurrences import Shown as ShownOccurrence
from dashboard.queries._occurrences import counts as occurrence_counts
from dashboard.queries._occurrences import each_of as occurrences_of_each
from dashboard.queries._occurrences import ledger, occurrences
from dashboard.queries._others import connection_list, people, tokens_of
from dashboard.queries._overview import FirstSteps, Overview, overview
from dashboard.queries._periods import VIEWS, Period, Slot
from dashboard.queries._pipelines import (
    PipelineRow,
    next_occurrences,
    pipeline_list,
    pipeline_versions,
    rollback_targets,
    sandbox_pipelines,
    successes,
)
from dashboard.queries._risks import (
    RISKS,
    ConnectionRow,
    Risk,
    connections_by_risk,
    expiring,
    expiry_sentence,
    risks_of,
    when_it_ends,
)
from dashboard.queries._runs import pipeline_runs, run_steps, runs
from dashboard.queries._scheduled import Chosen, Fleet, Scheduled, Timing, fleet_of
from dashboard.queries._starts import pipeline_starts
from dashboard.queries._system import worker_hosts
from dashboard.queries._triggers import (
    as_deployed,
    pipeline_name,
    pipeline_triggers,
    shown_triggers,
)
from dashboard.queries._waiting import Place, place_of, places

__all__ = [
    "DUE",
    "LEDGER_STATES",
    "LEVELS",
    "NOT_KNOWN",
    "PAST_STATES",
    "RISKS",
    "VIEWS",
    "Account",
    "AuditFilter",
    "Block",
    "Calendar",
    "Cell",
    "Chosen",
    "ConnectionRow",
    "DiscoveredRow",
    "Drifted",
    "Durations",
    "Entry",
    "Firings",
    "FirstSteps",
    "Fleet",
    "Found",
    "Hour",
    "LineFilter",
    "Load",
    "Overview",
    "Period",
    "PipelineRow",
    "Place",
    "Risk",
    "Scheduled",
    "ShownOccurrence",
    "Slot",
    "Timing",
    "Together",
    "WillNotRun",
    "ZoneChange",
    "accounts",
    "agenda",
    "as_deployed",
    "audit_actions",
    "audit_entries",
    "backfill_items",
    "broken_checks",
    "calendar",
    "clock_of",
    "collisions",
    "connection_list",
    "connections_by_risk",
    "deployment_line_numbers",
    "deployment_lines",
    "deployment_resources",
    "deployments",
    "discovered",
    "drift_watch",
    "drifted",
    "ended_drifts",
    "ending",
    "every_audit_entry",
    "expiring",
    "expiry_sentence",
    "feed_entries",
    "first_error_line",
    "fleet_of",
    "ghosts",
    "holdings",
    "hunts",
    "ledger",
    "lifetime_of",
    "maintenance_triggers",
    "maintenances",
    "maintenances_of",
    "next_occurrences",
    "occurrence_counts",
    "occurrences",
    "occurrences_of_each",
    "open_drifts",
    "overview",
    "people",
    "pipeline_backfills",
    "pipeline_deployments",
    "pipeline_list",
    "pipeline_name",
    "pipeline_resources",
    "pipeline_runs",
    "pipeline_starts",
    "pipeline_triggers",
    "pipeline_versions",
    "place_of",
    "places",
    "risks_of",
    "rollback_targets",
    "run_steps",
    "runs",
    "sandbox_pipelines",
    "scope_choices",
    "shown_triggers",
    "starts_within",
    "successes",
    "tokens_of",
    "usual_durations",
    "when_it_ends",
    "will_not_run",
    "worker_hosts",
]
