"""What the database remembers."""

from dashboard.models.audit import AuditEntry
from dashboard.models.backfills import Backfill, BackfillItem
from dashboard.models.connection_tests import ConnectionTest
from dashboard.models.connections import Connection
from dashboard.models.deployments import Deployment, DeploymentLine, DeploymentResource
from dashboard.models.discovered import Discovered, Discovery
from dashboard.models.drifts import Drift, DriftWatch, Lifetime
from dashboard.models.engine import EngineChoice, WorkerHost
from dashboard.models.feeds import CalendarFeed
from dashboard.models.ghosts import Ghost, Hunt
from dashboard.models.heartbeats import Heartbeat
from dashboard.models.maintenance import Maintenance, MaintenanceTrigger
from dashboard.models.occurrences import Occurrence, Promise, Stoppage
from dashboard.models.people import ApiToken, SignInAttempt, User
from dashboard.models.pipelines import Pipeline, Trigger, Version
from dashboard.models.runs import Run, Step
from dashboard.models.sealed import SealedField
from dashboard.models.signing_keys import SigningKey
from dashboard.models.starts import Hook, Start

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Backfill",
    "BackfillItem",
    "CalendarFeed",
    "Connection",
    "ConnectionTest",
    "Deployment",
    "DeploymentLine",
    "DeploymentResource",
    "Discovered",
    "Discovery",
    "Drift",
    "DriftWatch",
    "EngineChoice",
    "Ghost",
    "Heartbeat",
    "Hook",
    "Hunt",
    "Lifetime",
    "Maintenance",
    "MaintenanceTrigger",
    "Occurrence",
    "Pipeline",
    "Promise",
    "Run",
    "SealedField",
    "SignInAttempt",
    "SigningKey",
    "Start",
    "Step",
    "Stoppage",
    "Trigger",
    "User",
    "Version",
    "WorkerHost",
]
