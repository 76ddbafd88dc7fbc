"""Projects, policies and accounts, as every service needs them."""

from __future__ import annotations

from dataclasses import dataclass

from provisioning.sandbox.google.accounts import Access, Accounts
from provisioning.sandbox.google.policies import Policies
from provisioning.sandbox.google.projects import Projects
from provisioning.sandbox.world import World


@dataclass(frozen=True, kw_only=True)
class Identity:
    projects: Projects
    policies: Policies
    accounts: Accounts
    access: Access


def load_identity(world: World) -> Identity:
    projects, policies = Projects(world), Policies(world)
    accounts = Accounts(world, projects, policies)
    return Identity(
        projects=projects,
        policies=policies,
        accounts=accounts,
        access=Access(policies, accounts),
    )
