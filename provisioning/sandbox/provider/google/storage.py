"""Buckets."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from provisioning.sandbox.provider.google.bucket_settings import INPUTS, settings, shown
from provisioning.sandbox.provider.google.resource import (
    LABEL_OUTPUTS,
    Labelled,
    kept_labels,
    lower,
    project_of,
    shown_labels,
    wanted_labels,
)
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.rest_cloud import RestCloud, RestRefused
from provisioning.sandbox.provider.values import Properties


class Bucket(Labelled):
    """A bucket; its id is its name."""

    type = "gcp:storage/bucket:Bucket"
    label = "bucket"
    api = "/storage/storage/v1"
    naming = Naming(prefix=None, longest=63, change=lower)
    inputs = INPUTS
    outputs = (
        *LABEL_OUTPUTS,
        "projectNumber",
        "selfLink",
        "timeCreated",
        "updated",
        "url",
    )

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        name = str(inputs["name"])
        body = {
            "name": name,
            "location": inputs["location"],
            "labels": wanted_labels(cloud, inputs),
            **settings(inputs, set(inputs)),
        }
        query = {"project": project_of(cloud, inputs)}
        cloud.call("POST", f"{self.api}/b", body, query=query)
        return name

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find(f"{self.api}/b/{id}")
        if found is None:
            return None
        return {
            **shown(found, known),
            **shown_labels(cloud, known, found.get("labels", {})),
            "project": known.get("project") or cloud.account,
            "projectNumber": int(found["projectNumber"]),
            "selfLink": found["selfLink"],
            "timeCreated": found["timeCreated"],
            "updated": found["updated"],
            "url": f"gs://{found['name']}",
        }

    def update(
        self, cloud: RestCloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        body = settings(news, changed)
        if "labels" in changed:
            live = (cloud.find(f"{self.api}/b/{id}") or {}).get("labels", {})
            wanted = kept_labels(cloud, olds, news, live)
            body["labels"] = {**dict.fromkeys(live), **wanted}  # null takes one away
        if body:
            cloud.call("PATCH", f"{self.api}/b/{id}", body)

    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        try:
            cloud.call("DELETE", f"{self.api}/b/{id}")
        except RestRefused as refused:
            if refused.status != 409:
                raise
            if not state.get("forceDestroy"):
                raise Refusal(
                    f"Error trying to delete bucket {id} containing objects without "
                    "`force_destroy` set to true"
                ) from refused
            self._empty(cloud, id)
            cloud.call("DELETE", f"{self.api}/b/{id}")

    def told(self, verb: str, id: str, values: Any, refusal: Refusal) -> str:
        text = super().told(verb, id, values, refusal)
        match = re.fullmatch(r"Error creating bucket: (.*)", text, re.DOTALL)
        return match[1] if match else text

    def _empty(self, cloud: RestCloud, id: str) -> None:
        """Every version of every object."""
        while True:
            page = cloud.call("GET", f"{self.api}/b/{id}/o", query={"versions": "true"})
            for one in page.get("items", []):
                name = quote(one["name"], safe="")
                query = {"generation": one["generation"]}
                cloud.call("DELETE", f"{self.api}/b/{id}/o/{name}", query=query)
            if not page.get("items"):
                return
