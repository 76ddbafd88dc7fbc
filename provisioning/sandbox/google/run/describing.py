"""Services and revisions as Cloud Run's API shows them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from provisioning.sandbox.google.calls import short
from provisioning.sandbox.google.projects import number_of
from provisioning.sandbox.google.run.records import Revision, Service
from provisioning.sandbox.google.times import written

_LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"


def service(found: Service) -> dict[str, Any]:
    ready = found.observed == found.generation
    uri, older = urls(found)
    return {
        "name": found.name,
        "uid": found.uid,
        "generation": str(found.generation),
        "createTime": written(found.created),
        "updateTime": written(found.updated),
        "creator": found.creator,
        "lastModifier": found.modifier,
        **found.wish,
        "observedGeneration": str(found.observed),
        "terminalCondition": _condition("Ready", found.updated, ready=ready),
        "conditions": [
            _condition("RoutesReady", found.updated, ready=ready),
            _condition("ConfigurationsReady", found.updated, ready=ready),
        ],
        "latestCreatedRevision": found.created_revision,
        **({"latestReadyRevision": found.revision} if found.revision else {}),
        "trafficStatuses": [{"type": _LATEST, "percent": 100}],
        "uri": uri,
        "urls": [uri, older],
        **({} if ready else {"reconciling": True}),
        "etag": _etag(found),
    }


def revision(found: Revision) -> dict[str, Any]:
    container = found.container
    return {
        "name": found.name,
        "uid": hashlib.sha256(found.name.encode()).hexdigest()[:32],
        "generation": str(found.generation),
        "createTime": written(found.created),
        "updateTime": written(found.created),
        "service": found.service,
        "scaling": found.template.get("scaling", {}),
        "containers": [container],
        "serviceAccount": found.account,
        "timeout": f"{found.timeout:g}s",
        "maxInstanceRequestConcurrency": found.concurrency,
        "conditions": [_condition("Ready", found.created, ready=True)],
        "logUri": (
            "https://console.cloud.google.com/logs/viewer?project="
            f"{found.project}&resource=cloud_run_revision/service_name/{found.service}"
            f"/revision_name/{short(found.name)}"
        ),
        "creator": found.creator,
        "etag": f'"{found.name[-6:]}"',
    }


def urls(found: Service) -> tuple[str, str]:
    """The main one tells project and region; the older form does not."""
    id, number = short(found.name), number_of(found.project)
    digest = hashlib.sha256(found.project.encode()).hexdigest()[:10]
    region = "".join(word[0] for word in found.location.split("-"))[:2]
    return (
        f"https://{id}-{number}.{found.location}.run.app",
        f"https://{id}-{digest}-{region}.a.run.app",
    )


def _condition(kind: str, time: float, *, ready: bool) -> dict[str, Any]:
    state = "CONDITION_SUCCEEDED" if ready else "CONDITION_RECONCILING"
    return {"type": kind, "state": state, "lastTransitionTime": written(time)}


def _etag(found: Service) -> str:
    text = f"{found.uid}{found.generation}{found.observed}".encode()
    return f'"{base64.b64encode(hashlib.sha256(text).digest()[:12]).decode()}"'
