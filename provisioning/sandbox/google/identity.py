"""Projects, policies and accounts, as every service needs them."""

from __future__ import annotations

from dataclasses import dataclass

from provisioning.sandbox.google.accounts import Access, Accounts
from provisioning.sandbox.google.custom_roles import Roles
from provisioning.sandbox.google.policies import Policies
from provisioning.sandbox.google.projects import Projects
from provisioning.sandbox.world import World


@dataclass(frozen=True, kw_only=True)
class Identity:
    projects: Projects
    roles: Roles
    policies: Policies
    accounts: Accounts
    access: Access


def load_identity(world: World) -> Identity:
    projects, roles = Projects(world), Roles(world)
    policies = Policies(world, roles)
    accounts = Accounts(world, projects, policies)
    return Identity(
        projects=projects,
        roles=roles,
        policies=policies,
        accounts=accounts,
        access=Access(policies, accounts, roles),
    )
