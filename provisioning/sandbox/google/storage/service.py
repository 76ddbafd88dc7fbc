"""Puts Cloud Storage together."""

from __future__ import annotations

from collections.abc import Iterator

from provisioning.sandbox.google.api import Api
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.storage.buckets import Buckets
from provisioning.sandbox.google.storage.buckets_api import BucketsApi
from provisioning.sandbox.google.storage.lifecycles import Lifecycles
from provisioning.sandbox.google.storage.objects import Objects
from provisioning.sandbox.google.storage.objects_api import ObjectsApi
from provisioning.sandbox.google.storage.uploads import Uploads
from provisioning.sandbox.rest import Route
from provisioning.sandbox.world import World


class Storage:
    def __init__(self, world: World, identity: Identity, *, url: str) -> None:
        self.objects = Objects(world, url=url)
        self.buckets = Buckets(world, identity, self.objects)
        Lifecycles(world, self.buckets, self.objects)
        self._buckets_api = BucketsApi(identity, self.buckets)
        self._objects_api = ObjectsApi(self.buckets, self.objects)
        self._uploads = Uploads(world, identity, buckets=self.buckets, objects=self.objects)

    def routes(self, api: Api) -> Iterator[Route]:
        """`api` is the published one of "storage.v1"."""
        yield from api.routes({**self._buckets_api.operations(), **self._objects_api.operations()})
        yield from self._uploads.routes(self._objects_api, api)
