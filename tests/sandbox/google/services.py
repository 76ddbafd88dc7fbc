"""Cloud Run services and Eventarc triggers that the tests make."""

from __future__ import annotations

from typing import Any

from tests.sandbox.google.conftest import (
    PARENT,
    PROJECT,
    REGION,
    SandboxGoogle,
    grant,
    make_account,
    wait,
)

SERVICE = f"{PARENT}/services/train"
TRIGGER = f"{PARENT}/triggers/on-data"
BUCKET = "sk-data"
FINALIZED = "google.cloud.storage.object.v1.finalized"
PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"


def services(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("run", "v2", **more).projects().locations().services()


def triggers(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("eventarc", "v1", **more).projects().locations().triggers()


def service_body(image: str = "europe-docker.pkg.dev/x/y/echo:1", **template: Any) -> Any:
    env = [{"name": name, "value": value} for name, value in template.pop("env", {}).items()]
    return {"template": {"containers": [{"image": image, "env": env}], **template}}


def make_service(google: SandboxGoogle, id: str = "train", **more: Any) -> dict[str, Any]:
    call = services(google).create(parent=PARENT, serviceId=id, body=service_body(**more))
    return wait(google, "run", call.execute())


def trigger_body(account: str, path: str = "", **more: Any) -> dict[str, Any]:
    return {
        "eventFilters": [
            {"attribute": "type", "value": FINALIZED},
            {"attribute": "bucket", "value": BUCKET},
        ],
        "destination": {"cloudRun": {"service": "train", "region": REGION, "path": path}},
        "serviceAccount": account,
        **more,
    }


def let_storage_publish(google: SandboxGoogle) -> None:
    agent = google.storage().get_service_account_email()
    grant(google, "roles/pubsub.publisher", f"serviceAccount:{agent}")


def make_carrier(google: SandboxGoogle, *roles: str) -> str:
    """An account that may receive events and invoke services."""
    return make_account(google, "carrier", "roles/eventarc.eventReceiver", *roles)


def make_trigger(google: SandboxGoogle, body: dict[str, Any], id: str = "on-data") -> Any:
    call = triggers(google).create(parent=PARENT, triggerId=id, body=body)
    return wait(google, "eventarc", call.execute())


def make_all(google: SandboxGoogle, path: str = "", **more: Any) -> str:
    """A bucket whose objects are told to a service; the account that carries them."""
    google.storage().create_bucket(BUCKET, location=REGION)
    let_storage_publish(google)
    carrier = make_carrier(google, "roles/run.invoker")
    make_service(google, **more)
    make_trigger(google, trigger_body(carrier, path))
    return carrier


def put(google: SandboxGoogle, name: str = "data/x.csv") -> None:
    google.storage().bucket(BUCKET).blob(name).upload_from_string(b"1,2")


def project_name() -> str:
    return f"projects/{PROJECT}"
