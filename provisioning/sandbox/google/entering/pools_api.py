"""IAM: workload identity pools and their providers.
https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools

What begins here is done when it is answered, so its operation is too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from provisioning.sandbox.google.calls import Call, Guarded, Operations, part
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.entering.pools import KEPT_SECONDS, Pool, Pools, Provider
from provisioning.sandbox.google.entering.provider_rules import (
    require_id,
    require_provider,
    require_texts,
)
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.masks import masked, patched
from provisioning.sandbox.google.times import written
from provisioning.sandbox.world import World

_POOLS = "projects.locations.workloadIdentityPools"
_PROVIDERS = f"{_POOLS}.providers"
_TYPE = "type.googleapis.com/google.iam.v1."


class PoolsApi:
    def __init__(self, world: World, identity: Identity, pools: Pools) -> None:
        self._clock = world.clock
        self._projects = identity.projects
        self._pools = pools

    def operations(self) -> Operations:
        providers: dict[str, tuple[Callable[[Call], Any], str]] = {
            "create": (self._create_provider, "create"),
            "get": (self._get_provider, "get"),
            "list": (self._list_providers, "list"),
            "patch": (self._patch_provider, "update"),
            "delete": (self._delete_provider, "delete"),
            "undelete": (self._undelete_provider, "undelete"),
            "operations.get": (self._provider_operation, "get"),
        }
        return {
            f"{_POOLS}.create": self._create_pool,
            f"{_POOLS}.get": self._get_pool,
            f"{_POOLS}.list": self._list_pools,
            f"{_POOLS}.patch": self._patch_pool,
            f"{_POOLS}.delete": self._delete_pool,
            f"{_POOLS}.undelete": self._undelete_pool,
            f"{_POOLS}.operations.get": Guarded(
                self._pool_operation, "iam.workloadIdentityPools.get"
            ),
            **{f"{_PROVIDERS}.{id}": Guarded(operation, f"iam.workloadIdentityPoolProviders.{verb}")
               for id, (operation, verb) in providers.items()},
        }  # fmt: skip

    # ── Pools ───────────────────────────────────────────────────────────────────────

    def _create_pool(self, call: Call) -> dict[str, Any]:
        project, id = self._projects.find(call.project), call["workloadIdentityPoolId"]
        if call.location != "global":
            raise refusal("INVALID_ARGUMENT", "Workload identity pools are in location global.")
        require_id(id, what="pool")
        require_texts(call.body)
        pool = Pool(project=project.id, id=id, settings=_settings(call.body))
        if self._pools.pool(pool.name):
            raise refusal("ALREADY_EXISTS", "Requested entity already exists")
        self._pools.table.put(pool)
        return _operation(pool)

    def _get_pool(self, call: Call) -> dict[str, Any]:
        return _described(self._pool(call))

    def _list_pools(self, call: Call) -> dict[str, Any]:
        shown = call.flag("showDeleted")
        found = (one for one in self._pools.in_project(call.project) if shown or not one.gone_at)
        mine = sorted(found, key=lambda one: one.id)
        return page(call, mine, "workloadIdentityPools", _described)

    def _patch_pool(self, call: Call) -> dict[str, Any]:
        pool = self._alive(self._pool(call))
        pool.settings = patched(pool.settings, _settings(call.body), masked(call))
        require_texts(pool.settings)
        self._pools.table.put(pool)
        return _operation(pool)

    def _delete_pool(self, call: Call) -> dict[str, Any]:
        pool = self._alive(self._pool(call))
        pool.gone_at = self._clock.now() + KEPT_SECONDS
        self._pools.table.put(pool)
        return _operation(pool)

    def _undelete_pool(self, call: Call) -> dict[str, Any]:
        pool = self._pool(call)
        pool.gone_at = 0.0
        self._pools.table.put(pool)
        return _operation(pool)

    def _pool_operation(self, call: Call) -> dict[str, Any]:
        return {**_operation(self._pool(call)), "name": call["name"]}

    def _pool(self, call: Call) -> Pool:
        name = f"projects/{call.project}/locations/{call.location}/workloadIdentityPools/"
        found = self._pools.pool(name + part(call.resource, "workloadIdentityPools"))
        if found is None:
            raise refusal("NOT_FOUND", "Requested entity was not found.")
        return found

    # ── Providers ───────────────────────────────────────────────────────────────────

    def _create_provider(self, call: Call) -> dict[str, Any]:
        pool, id = self._alive(self._pool(call)), call["workloadIdentityPoolProviderId"]
        require_id(id, what="provider")
        require_provider(call.body)
        provider = Provider(
            project=pool.project, pool=pool.id, id=id, settings=_settings(call.body)
        )
        if self._pools.provider(provider.name):
            raise refusal("ALREADY_EXISTS", "Requested entity already exists")
        self._pools.providers.put(provider)
        return _operation(provider)

    def _get_provider(self, call: Call) -> dict[str, Any]:
        return _described(self._provider(call))

    def _list_providers(self, call: Call) -> dict[str, Any]:
        shown = call.flag("showDeleted")
        found = (one for one in self._pools.in_pool(self._pool(call)) if shown or not one.gone_at)
        mine = sorted(found, key=lambda one: one.id)
        return page(call, mine, "workloadIdentityPoolProviders", _described)

    def _patch_provider(self, call: Call) -> dict[str, Any]:
        provider = self._alive(self._provider(call))
        settings = patched(provider.settings, _settings(call.body), masked(call))
        require_provider(settings)
        provider.settings = settings
        self._pools.providers.put(provider)
        return _operation(provider)

    def _delete_provider(self, call: Call) -> dict[str, Any]:
        provider = self._alive(self._provider(call))
        provider.gone_at = self._clock.now() + KEPT_SECONDS
        self._pools.providers.put(provider)
        return _operation(provider)

    def _undelete_provider(self, call: Call) -> dict[str, Any]:
        provider = self._provider(call)
        provider.gone_at = 0.0
        self._pools.providers.put(provider)
        return _operation(provider)

    def _provider_operation(self, call: Call) -> dict[str, Any]:
        return {**_operation(self._provider(call)), "name": call["name"]}

    def _provider(self, call: Call) -> Provider:
        pool = self._pool(call)
        found = self._pools.provider(f"{pool.name}/providers/{part(call.resource, 'providers')}")
        if found is None:
            raise refusal("NOT_FOUND", "Requested entity was not found.")
        return found

    def _alive(self, found: Any) -> Any:
        if found.gone_at:
            raise refusal("FAILED_PRECONDITION", "Requested entity was deleted; undelete it first.")
        return found


def _settings(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "name"}


def _described(found: Pool | Provider) -> dict[str, Any]:
    gone = {"expireTime": written(found.gone_at)} if found.gone_at else {}
    state = "DELETED" if found.gone_at else "ACTIVE"
    return {"name": found.numbered, "state": state, **found.settings, **gone}


def _operation(found: Pool | Provider) -> dict[str, Any]:
    kind = "WorkloadIdentityPool" if isinstance(found, Pool) else "WorkloadIdentityPoolProvider"
    return {
        "name": f"{found.numbered}/operations/{uuid.uuid4().hex}",
        "done": True,
        "response": {"@type": f"{_TYPE}{kind}", **_described(found)},
    }
