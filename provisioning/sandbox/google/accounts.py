"""Service accounts, and who a bearer token names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from provisioning.sandbox.google.custom_roles import Roles
from provisioning.sandbox.google.dialect import error_info, refusal
from provisioning.sandbox.google.entering.tokens import (
    CLOUD_PLATFORM,
    AccessToken,
    AccessTokens,
)
from provisioning.sandbox.google.policies import Policies
from provisioning.sandbox.google.projects import (
    Project,
    Projects,
    account_email,
    agents,
    custom_code_agent,
    default_account,
    service_agent,
)
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.rest import RestError
from provisioning.sandbox.world import World

TOKEN = "sandbox-only-token-of-"  # noqa: S105 (nobody's secret)
# The members by which buckets let in those who have a basic role in the project.
_CONVENIENCE = {
    "roles/owner": "projectOwner",
    "roles/editor": "projectEditor",
    "roles/viewer": "projectViewer",
}
_INVALID = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
    "cookie or other valid authentication credential."
)


class Account(Record):
    project: str
    email: str
    unique_id: str
    display_name: str = ""
    description: str = ""
    disabled: bool = False
    changes: int = 0
    created: float

    @property
    def key(self) -> str:
        return self.email

    @property
    def name(self) -> str:
        return f"projects/{self.project}/serviceAccounts/{self.email}"

    @property
    def member(self) -> str:
        return f"serviceAccount:{self.email}"


@dataclass(frozen=True)
class Caller:
    """An account, or an identity of elsewhere, which policies know by its `members` and which
    is called by the first of them. A ready-made sandbox Connection's account may do all in its
    project, whatever the policies say."""

    email: str
    owned: str = ""
    members: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset({CLOUD_PLATFORM})


class Accounts:
    def __init__(self, world: World, projects: Projects, policies: Policies) -> None:
        self.table = Table(world.store, kind="google account", record=Account)
        self._clock = world.clock
        self._projects = projects
        self._policies = policies
        self.tokens = AccessTokens(world)
        # Whether a workload identity pool lets those in that it has given a token.
        self.pool_lets_in: Callable[[str], bool] = lambda pool: False
        policies.exists = self.exists

    def caller(self, authorization: str) -> Caller:
        """Whom the header names. Raises UNAUTHENTICATED."""
        name = authorization.removeprefix("Bearer ").removeprefix(TOKEN)
        if not authorization.startswith(f"Bearer {TOKEN}"):
            return self._let_in(self.tokens.find(authorization.removeprefix("Bearer ")))
        if "@" not in name:
            return self._owner(name)
        account = self.table.get(name)
        if account is None or account.disabled:
            raise refusal("UNAUTHENTICATED", _INVALID)
        return Caller(email=name)

    def _let_in(self, token: AccessToken | None) -> Caller:
        """Accounts that are disabled or deleted, and pools too, let in nobody any more."""
        if token is None:
            raise refusal("UNAUTHENTICATED", _INVALID)
        scopes = frozenset(token.scopes)
        if token.pool and self.pool_lets_in(token.pool):
            return Caller(token.members[0], members=tuple(token.members), scopes=scopes)
        account = self.table.get(token.account)
        if account is None or account.disabled or account.unique_id != token.unique_id:
            raise refusal("UNAUTHENTICATED", _INVALID)
        return Caller(account.email, scopes=scopes)

    def find(self, given: str) -> Account | None:
        """By address or unique id."""
        found = self.table.get(given)
        return found or next((one for one in self.table if one.unique_id == given), None)

    def exists(self, email: str) -> bool:
        """Accounts of elsewhere are taken at their word; those of Google's own have to fit."""
        name, _, domain = email.partition("@")
        project = domain.removesuffix(".iam.gserviceaccount.com")
        if self.table.get(email) or not domain.endswith("gserviceaccount.com"):
            return True
        known = self._projects.get(project)
        number = name.removeprefix("service-").partition("-")[0]
        agent = self._projects.get(number) if number.isdigit() else None
        return known is None and bool(agent and email in agents(agent.id))

    def usable(self, email: str) -> bool:
        account = self.table.get(email)
        return account is not None and not account.disabled

    def make(
        self, project: str, email: str, *, display_name: str = "", description: str = ""
    ) -> Account:
        unique = int.from_bytes(hashlib.sha256(f"{email} {self._clock.now()}".encode()).digest())
        account = Account(
            project=project,
            email=email,
            unique_id=str(10**20 + unique % 10**19),
            created=self._clock.now(),
            display_name=display_name,
            description=description,
        )
        self.table.put(account)
        return account

    def _owner(self, id: str) -> Caller:
        project = self._projects.get(id)
        if project is None:
            project = self._projects.enter(id)
            if project is None:
                raise refusal("UNAUTHENTICATED", _INVALID)
            self._begin(project)
        return Caller(email=project.owner, owned=project.id)

    def _begin(self, project: Project) -> None:
        """What every project has from its first day."""
        name, id = f"projects/{project.id}", project.id
        self.make(id, project.owner, display_name="Skyclock")
        worker = default_account(id)
        self.make(id, worker, display_name="Compute Engine default service account")
        self._grant(name, "roles/owner", project.owner)
        self._grant(name, "roles/editor", worker)
        for service in ("eventarc", "datapipelines", "aiplatform", "workflows", "pubsub"):
            self._grant(name, f"roles/{service}.serviceAgent", service_agent(service, id))
        self._grant(name, "roles/aiplatform.customCodeServiceAgent", custom_code_agent(id))

    def _grant(self, resource: str, role: str, email: str) -> None:
        self._policies.grant(resource, role, f"serviceAccount:{email}")


class Access:
    """Whether somebody may do something to a resource."""

    def __init__(self, policies: Policies, accounts: Accounts, roles: Roles) -> None:
        self._policies = policies
        self._roles = roles
        self._accounts = accounts

    def allows(self, email: str, permission: str, resource: str) -> bool:
        """What the policies say; accounts that were disabled may nothing."""
        if self._accounts.table.get(email) and not self._accounts.usable(email):
            return False
        return self._any_of([f"serviceAccount:{email}"], permission, resource)

    def _any_of(self, members: list[str], permission: str, resource: str) -> bool:
        project = "/".join(resource.split("/")[:2])
        for role in self._policies.roles(project, members) & _CONVENIENCE.keys():
            members.append(f"{_CONVENIENCE[role]}:{project.removeprefix('projects/')}")
        found = self._policies.roles(resource, members)
        return any(self._roles.grants(role, permission) for role in found)

    def may(self, caller: Caller, permission: str, resource: str) -> bool:
        owned = f"{resource}/".startswith(f"projects/{caller.owned}/")
        if owned or not caller.members:
            return owned or self.allows(caller.email, permission, resource)
        return self._any_of(list(caller.members), permission, resource)

    def require(self, caller: Caller, permission: str, resource: str, *, service: str) -> None:
        """Raises PERMISSION_DENIED. `service` is the API that was asked."""
        if not self.may(caller, permission, resource):
            raise denied(permission, resource, service=service)


def denied(permission: str, resource: str, *, service: str) -> RestError:
    host = f"{service}.googleapis.com"
    message = (
        f"Permission '{permission}' denied on resource '//{host}/{resource}' (or it may not exist)."
    )
    info = error_info("IAM_PERMISSION_DENIED", host, permission=permission, resource=resource)
    return refusal("PERMISSION_DENIED", message, details=[info])


def account_of(project: str, given: str) -> str:
    """An account's address, of how it may be named: by itself, in full, or by its id."""
    email = given.rpartition("/")[2]
    return email if "@" in email else account_email(email, project)
