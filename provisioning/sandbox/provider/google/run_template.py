"""The template of a Cloud Run service's revisions.

The sandbox refuses what it does not simulate; the provider knows all that is published.
"""

from __future__ import annotations

from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    integer,
    listed,
    mapped,
    record,
    text,
)


def _mounts() -> Property:
    mount = {"mountPath": text(required=True), "name": text(required=True), "subPath": text()}
    return listed(record(mount))


_GRPC = record({"port": integer(computed=True), "service": text()})
_HEADERS = listed(record({"name": text(required=True), "value": text()}))
_HTTP = record({"httpHeaders": _HEADERS, "path": text(), "port": integer(computed=True)})
_LIVENESS = record(
    {
        "failureThreshold": integer(),
        "grpc": _GRPC,
        "httpGet": _HTTP,
        "initialDelaySeconds": integer(),
        "periodSeconds": integer(),
        "tcpSocket": record({"port": integer(required=True)}),
        "timeoutSeconds": integer(),
    }
)
_READINESS = record(
    {
        "failureThreshold": integer(),
        "grpc": _GRPC,
        "httpGet": record({"path": text(), "port": integer(computed=True)}),
        "periodSeconds": integer(),
        "successThreshold": integer(),
        "timeoutSeconds": integer(),
    }
)
_STARTUP = record(
    {
        "failureThreshold": integer(),
        "grpc": _GRPC,
        "httpGet": _HTTP,
        "initialDelaySeconds": integer(),
        "periodSeconds": integer(),
        "tcpSocket": record({"port": integer(computed=True)}),
        "timeoutSeconds": integer(),
    },
    computed=True,
)
_SECRET = record({"secret": text(required=True), "version": text()})
_ENV = record(
    {
        "name": text(required=True),
        "value": text(),
        "valueSource": record({"secretKeyRef": _SECRET}),
    }
)
_SOURCE = record(
    {
        "cloudStorageSource": record(
            {
                "bucket": text(required=True),
                "generation": text(),
                "object": text(required=True),
            }
        )
    }
)
_CONTAINER = record(
    {
        "args": listed(text()),
        "baseImageUri": text(computed=True),
        "buildInfos": listed(
            record({"functionTarget": text(computed=True), "sourceLocation": text(computed=True)}),
            computed=True,
            local=True,
        ),
        "commands": listed(text(), api="command"),
        "dependsOns": listed(text(), api="dependsOn"),
        "envs": listed(_ENV, is_set=True, api="env"),
        "image": text(required=True),
        "livenessProbe": _LIVENESS,
        "name": text(),
        # A list of one on both sides of the bridge.
        "ports": record(
            {"containerPort": integer(), "name": text(computed=True)},
            computed=True,
            encode=lambda value: [value],
            decode=lambda found: dict(found[0]),
        ),
        "readinessProbe": _READINESS,
        "resources": record(
            {
                "cpuIdle": boolean(computed=True),
                "limits": mapped(text(), computed=True),
                "startupCpuBoost": boolean(),
            },
            computed=True,
        ),
        "sandboxLauncher": boolean(),
        "sourceCode": _SOURCE,
        "startupProbe": _STARTUP,
        "volumeMounts": _mounts(),
        "workingDir": text(),
    }
)
_VOLUME = record(
    {
        "cloudSqlInstance": record({"instances": listed(text())}),
        "emptyDir": record({"medium": text(), "sizeLimit": text()}),
        "gcs": record(
            {
                "bucket": text(required=True),
                "mountOptions": listed(text()),
                "readOnly": boolean(),
            }
        ),
        "name": text(required=True),
        "nfs": record(
            {"path": text(required=True), "readOnly": boolean(), "server": text(required=True)}
        ),
        "secret": record(
            {
                "defaultMode": integer(),
                "items": listed(
                    record({"mode": integer(), "path": text(required=True), "version": text()})
                ),
                "secret": text(required=True),
            }
        ),
    }
)
_SANDBOX = record(
    {
        "args": listed(text()),
        "commands": listed(text(), api="command"),
        "envs": listed(record({"name": text(required=True), "value": text()}), api="env"),
        "image": text(required=True),
        "name": text(required=True),
        "volumeMounts": _mounts(),
        "workingDir": text(),
    }
)
_VPC = record(
    {
        "connector": text(),
        "egress": text(computed=True),
        "networkInterfaces": listed(
            record(
                {
                    "network": text(computed=True),
                    "subnetwork": text(computed=True),
                    "tags": listed(text()),
                }
            ),
            computed=True,
        ),
    }
)
_SCALING = record(
    {
        "concurrencyUtilization": integer(),
        "cpuUtilization": integer(),
        "maxInstanceCount": integer(computed=True),
        "minInstanceCount": integer(),
    },
    computed=True,
)
_WORKLOAD = record(
    {
        "identity": text(),
        "identityCertificateEnabled": boolean(),
        "identityType": text(),
    }
)
TEMPLATE = record(
    {
        "annotations": mapped(text()),
        "containers": listed(_CONTAINER),
        "encryptionKey": text(),
        "executionEnvironment": text(),
        "gpuZonalRedundancyDisabled": boolean(),
        "healthCheckDisabled": boolean(),
        "labels": mapped(text()),
        "maxInstanceRequestConcurrency": integer(computed=True),
        "nodeSelector": record({"accelerator": text(required=True)}),
        "revision": text(),
        "sandboxes": record({"templates": listed(_SANDBOX)}),
        "scaling": _SCALING,
        "serviceAccount": text(computed=True),
        "serviceMesh": record({"mesh": text()}),
        "sessionAffinity": boolean(),
        "timeout": text(computed=True),
        "volumes": listed(_VOLUME),
        "vpcAccess": _VPC,
        "workloadIdentityConfig": _WORKLOAD,
    },
    required=True,
)
