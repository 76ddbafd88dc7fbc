"""From settings and triggers to what the retraining service is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..google_common.names import LABEL, LABEL_LIMIT, Place, own
from . import names
from .settings import Settings, Training

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec

CONFIG = "SKYCLOCK_CONFIG"  # the variable of the service


def config(spec: StackSpec, settings: Settings) -> dict[str, Any]:
    place = Place(spec.region, spec.account)
    return {
        "name": own(spec.slug),
        "project": place.project,
        "region": place.region,
        "claims": place.bucket(spec.slug, names.CLAIMS),
        "triggers": [
            *(
                {
                    "key": each.key,
                    "kind": each.kind.value,
                    "prefix": each.prefix,
                    "suffix": each.suffix,
                    "paused": each.paused,
                }
                for each in spec.objects
            ),
            *(
                {
                    "key": each.key,
                    "kind": each.kind.value,
                    "source": each.source,
                    "types": list(each.types),
                    "paused": each.paused,
                }
                for each in spec.events
            ),
        ],
        "job": job(spec.slug, place, settings.training),
    }


def job(slug: str, place: Place, training: Training) -> dict[str, Any]:
    """What is the same for every event; `jobs.custom_job` adds what the event says."""
    models = place.bucket(slug, names.MODELS)
    return {
        "labels": {LABEL: slug[:LABEL_LIMIT]},
        "jobSpec": {
            "workerPoolSpecs": _pools(training),
            "serviceAccount": place.account(slug, names.TRAINER),
            "baseOutputDirectory": {"outputUriPrefix": f"gs://{models}/"},
            "scheduling": {"timeout": f"{training.timeout_hours * 3600}s"},
        },
    }


def written(said: dict[str, Any]) -> str:
    """The same for the same configuration: it is compared."""
    return json.dumps(said, sort_keys=True)


def _pools(training: Training) -> list[dict[str, Any]]:
    """Vertex AI wants the first machine in a pool of its own."""
    first = _pool(training, 1)
    return [first] if training.replicas == 1 else [first, _pool(training, training.replicas - 1)]


def _pool(training: Training, replicas: int) -> dict[str, Any]:
    machine: dict[str, Any] = {"machineType": training.machine_type}
    if training.accelerator:
        machine |= {
            "acceleratorType": training.accelerator,
            "acceleratorCount": training.accelerator_count,
        }
    container: dict[str, Any] = {"imageUri": training.image, "args": list(training.arguments)}
    if training.command:
        container["command"] = list(training.command)
    if training.environment:
        container["env"] = [
            {"name": name, "value": value} for name, value in training.environment.items()
        ]
    return {
        "machineSpec": machine,
        "replicaCount": str(replicas),
        "diskSpec": {"bootDiskType": "pd-ssd", "bootDiskSizeGb": training.disk_gb},
        "containerSpec": container,
    }
