"""Workload identity pools and their providers: which issuers are trusted, and what of their
tokens becomes an identity here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from provisioning.sandbox.google.entering.expressions import Expression, NoValue, parse
from provisioning.sandbox.google.projects import Projects, number_of
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.world import World

KEPT_SECONDS = 30 * 86_400.0
HOST = "iam.googleapis.com"


class Pool(Record):
    project: str
    id: str
    settings: dict[str, Any] = {}
    gone_at: float = 0.0  # when what was deleted goes for good; 0: it was not

    @property
    def key(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"projects/{self.project}/locations/global/workloadIdentityPools/{self.id}"

    @property
    def numbered(self) -> str:
        """As Google writes it in answers, and policies in members."""
        number = number_of(self.project)
        return f"projects/{number}/locations/global/workloadIdentityPools/{self.id}"

    @property
    def usable(self) -> bool:
        return not self.gone_at and not self.settings.get("disabled")


class Provider(Record):
    project: str
    pool: str
    id: str
    settings: dict[str, Any] = {}
    gone_at: float = 0.0

    @property
    def key(self) -> str:
        return self.name

    @property
    def pool_name(self) -> str:
        return f"projects/{self.project}/locations/global/workloadIdentityPools/{self.pool}"

    @property
    def name(self) -> str:
        return f"{self.pool_name}/providers/{self.id}"

    @property
    def numbered(self) -> str:
        number = number_of(self.project)
        pool = f"projects/{number}/locations/global/workloadIdentityPools/{self.pool}"
        return f"{pool}/providers/{self.id}"

    @property
    def usable(self) -> bool:
        return not self.gone_at and not self.settings.get("disabled")

    @property
    def issuer(self) -> str:
        return str(self.settings["oidc"]["issuerUri"])

    @property
    def audiences(self) -> list[str]:
        own = [f"{scheme}//{HOST}/{self.numbered}" for scheme in ("", "https:")]
        return list(self.settings["oidc"].get("allowedAudiences", [])) or own

    def attributes(self, assertion: dict[str, Any]) -> dict[str, Any]:
        """`google.subject`, `google.groups` and `attribute.…` that the token has."""
        found: dict[str, Any] = {}
        for name, text in self.settings["attributeMapping"].items():
            try:
                found[name] = _evaluated(parse(text), assertion, {})
            except NoValue:
                continue
        return found

    def takes(self, assertion: dict[str, Any], attributes: dict[str, Any]) -> bool:
        condition = self.settings.get("attributeCondition", "")
        if not condition:
            return True
        try:
            return _evaluated(parse(condition), assertion, attributes) is True
        except NoValue:
            return False


P = TypeVar("P", Pool, Provider)


class Pools:
    def __init__(self, world: World, projects: Projects) -> None:
        self._projects = projects
        self.table = Table(world.store, kind="google identity pool", record=Pool)
        self.providers = Table(world.store, kind="google identity provider", record=Provider)
        self._clock = world.clock

    def pool(self, name: str) -> Pool | None:
        return self._kept(self.table, self.table.get(name))

    def provider(self, name: str) -> Provider | None:
        return self._kept(self.providers, self.providers.get(name))

    def in_project(self, project: str) -> Iterator[Pool]:
        found = (one for one in self.table if one.project == project)
        return (one for one in found if self._kept(self.table, one))

    def in_pool(self, pool: Pool) -> Iterator[Provider]:
        found = (one for one in self.providers if one.pool_name == pool.name)
        return (one for one in found if self._kept(self.providers, one))

    def exists(self, name: str) -> bool:
        """By its project's number, as policies name it."""
        _, number, rest = name.split("/", 2)
        project = self._projects.get(number)
        return project is not None and self.pool(f"projects/{project.id}/{rest}") is not None

    def lets_in(self, name: str) -> bool:
        pool = self.table.get(name)
        return pool is not None and pool.usable

    def _kept(self, table: Table[P], found: P | None) -> P | None:
        """What was deleted can be had back for thirty days."""
        if found and found.gone_at and found.gone_at <= self._clock.now():
            table.delete(found.key)
            return None
        return found


def _evaluated(of: Expression, assertion: dict[str, Any], attributes: dict[str, Any]) -> Any:
    scope: dict[str, Any] = {"assertion": assertion, "attribute": {}, "google": {}}
    for name, value in attributes.items():
        kind, _, short = name.partition(".")
        scope[kind][short] = value
    return of(scope)


def members_of(pool: Pool, attributes: dict[str, Any]) -> list[str]:
    """As policies name the identity: itself, its groups and attributes, all of the pool."""
    one, many = f"principal://{HOST}/{pool.numbered}", f"principalSet://{HOST}/{pool.numbered}"
    found = [f"{one}/subject/{attributes['google.subject']}", f"{many}/*"]
    groups = attributes.get("google.groups", [])
    found += [f"{many}/group/{group}" for group in groups if isinstance(group, str)]
    for name, value in attributes.items():
        if name.startswith("attribute.") and isinstance(value, str):
            found.append(f"{many}/{name}/{value}")
    return found
