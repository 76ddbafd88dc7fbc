"""Which account and region each engine works in.

An engine dials one connection per provider instance, so its peer address tells them apart,
also when two of them run stacks of the same name. An engine that had to dial again is found
by the stack, project and package of the URN. This is all that the daemon remembers.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import urllib3

from provisioning.contracts import Cloud
from provisioning.sandbox.identities import Identities, NoIdentity
from provisioning.sandbox.provider.cloud import Clients
from provisioning.sandbox.provider.cloud import Cloud as AwsCloud
from provisioning.sandbox.provider.configuration import ProviderConfig
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.rest_cloud import Credential, RestCloud
from provisioning.sandbox.provider.urns import parse_urn

_KEPT = 2000
CLOUDS = {
    "aws": Cloud.AWS, "aws-native": Cloud.AWS, "azure-native": Cloud.AZURE, "gcp": Cloud.GOOGLE,
}  # fmt: skip


Value = TypeVar("Value")
AnyCloud = AwsCloud | RestCloud


class _Recent(OrderedDict[Any, Value], Generic[Value]):
    """The last entries only: an engine that was killed never says goodbye."""

    def put(self, key: Any, value: Value) -> None:
        self[key] = value
        self.move_to_end(key)
        while len(self) > _KEPT:
            self.popitem(last=False)


class Sessions:
    """`urls` are the addresses of the clouds that speak JSON over paths, by package."""

    def __init__(self, clients: Clients, urls: Mapping[str, str], identities: Identities) -> None:
        self._clients = clients
        self._identities = identities
        self._urls = urls
        self._pool = urllib3.PoolManager(maxsize=32, block=False)
        self._lock = threading.Lock()
        self._by_peer: _Recent[AnyCloud] = _Recent()
        self._by_stack: _Recent[ProviderConfig] = _Recent()

    def configure(self, *, peer: str, urn: str, config: ProviderConfig) -> None:
        with self._lock:
            self._by_peer.put(peer, self._open(config))
            if urn:
                self._by_stack.put(_stack_key(urn), config)

    def of(self, *, peer: str, urn: str = "") -> AnyCloud:
        with self._lock:
            cloud = self._by_peer.get(peer)
            if cloud is None and urn and (config := self._by_stack.get(_stack_key(urn))):
                cloud = self._open(config)
                self._by_peer.put(peer, cloud)
        if cloud is None:
            raise Refusal("the provider was not configured before it was used")
        return cloud

    def cancel(self, *, peer: str) -> None:
        with self._lock:
            cloud = self._by_peer.get(peer)
        if cloud is not None:
            cloud.cancelled.set()

    def close_all(self) -> None:
        with self._lock:
            clouds = list(self._by_peer.values())
        for cloud in clouds:
            cloud.cancelled.set()
            cloud.closed.set()

    def _open(self, config: ProviderConfig) -> AnyCloud:
        if url := self._urls.get(config.package):
            return RestCloud(
                url=url,
                account=config.account,
                region=config.region,
                pool=self._pool,
                default_tags=config.default_tags,
                credential=self._credential(config),
            )
        return AwsCloud(
            clients=self._clients,
            account=config.account,
            region=config.region,
            default_tags=config.default_tags,
            credential=self._credential(config),
        )

    def _credential(self, config: ProviderConfig) -> Credential | None:
        """Looked up for each call: it ends, and may be told anew."""
        if not config.identity:
            return None

        def look_up() -> dict[str, str]:
            try:
                return self._identities.fields(CLOUDS[config.package], config.identity)
            except NoIdentity as missing:
                raise Refusal(str(missing)) from missing

        return look_up


def _stack_key(urn: str) -> tuple[str, str, str]:
    parsed = parse_urn(urn)
    return parsed.stack, parsed.project, parsed.package
