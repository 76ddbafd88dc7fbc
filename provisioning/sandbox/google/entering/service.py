"""Puts together by what callers enter."""

from __future__ import annotations

from collections.abc import Iterator

from provisioning.sandbox.google.calls import Operations
from provisioning.sandbox.google.entering.exchange import Exchange
from provisioning.sandbox.google.entering.grants import Grants
from provisioning.sandbox.google.entering.impersonation import Impersonation
from provisioning.sandbox.google.entering.keys import Keys
from provisioning.sandbox.google.entering.keys_api import KeysApi
from provisioning.sandbox.google.entering.pools import Pools
from provisioning.sandbox.google.entering.pools_api import PoolsApi
from provisioning.sandbox.google.iam_api import IamApi
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.roles_api import RolesApi
from provisioning.sandbox.rest import Route
from provisioning.sandbox.world import World


class Entering:
    """`url` is the sandbox's address."""

    def __init__(self, world: World, identity: Identity, *, url: str) -> None:
        accounts, keys = identity.accounts, Keys(world)
        pools = Pools(world, identity.projects)
        accounts.pool_lets_in = pools.lets_in
        identity.policies.pool_exists = pools.exists
        self._accounts_api = IamApi(identity, keys)
        self._keys_api = KeysApi(world, accounts, keys)
        self._impersonation = Impersonation(accounts, identity.access)
        self._pools_api = PoolsApi(world, identity, pools)
        self._roles_api = RolesApi(world, identity)
        self._exchange = Exchange(world, projects=identity.projects, accounts=accounts, pools=pools)
        self._grants = Grants(world, accounts=accounts, keys=keys, url=url)

    def iam(self) -> Operations:
        return {
            **self._accounts_api.operations(),
            **self._keys_api.operations(),
            **self._pools_api.operations(),
            **self._roles_api.operations(),
        }

    def credentials(self) -> Operations:
        return self._impersonation.operations()

    def routes(self) -> Iterator[Route]:
        yield from self._grants.routes()
        yield from self._exchange.routes()
