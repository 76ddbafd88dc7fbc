"""The fixed names of what is deployed, from the slug; imports no package, so that programs may."""

from __future__ import annotations

from ..google_common.names import Place, fitted

MODELS, CLAIMS = "models", "claims"  # buckets
SERVICE, TRAINER = "service", "trainer"  # accounts
OBJECTS, MESSAGES = "objects", "messages"  # Eventarc triggers, by what they carry
CLAIM_DAYS = 60  # an event is delivered for a day

SERVICE_LIMIT = 49  # https://cloud.google.com/run/docs/deploying
IMAGE = "skyclock-retraining:1"


def service(slug: str) -> str:
    return fitted(f"skyclock-{slug}", SERVICE_LIMIT)


def service_name(slug: str, place: Place) -> str:
    return f"{place.parent}/services/{service(slug)}"


def image(said: str, place: Place) -> str:
    return said or f"{place.region}-docker.pkg.dev/{place.project}/skyclock/{IMAGE}"
