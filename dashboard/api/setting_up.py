"""How the cloud's side of a Connection is set up, before there is one."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from dashboard import access
from dashboard.api.auth import caller
from dashboard.services import connections, issuer, setting_up
from dashboard.services.setting_up import Identity, SetUp
from provisioning.contracts import Cloud, Level

router = Router(tags=["connections"])


class PolicyDocumentOut(Schema):
    """A document as the cloud takes it; several where the cloud's limit of one is too small."""

    name: str
    file: str
    text: str
    notes: list[str]


class BlockOut(Schema):
    tool: Literal["cli", "console", "terraform", "pulumi"]
    title: str
    text: str


class SetUpOut(Schema):
    """`identity` goes into `POST /connections`, so that what the blocks name is what is saved.
    `problem`: why real clouds cannot reach the issuer, from its address alone."""

    cloud: Literal["aws", "azure", "google"]
    method: str
    level: Literal["observe", "run", "deploy"]
    sandbox: bool
    identity: str
    issuer: str
    subject: str
    external_id: str
    problem: str
    policy: list[PolicyDocumentOut]
    blocks: list[BlockOut]


@router.get("/connections/setup", response=SetUpOut)
def show_setup(
    request: HttpRequest,
    cloud: Literal["aws", "azure", "google"],
    method: str,
    level: Literal["observe", "run", "deploy"] = "deploy",
    sandbox: bool = False,
    account: str = "",
    region: str = "",
    identity: str = "",
    blueprints: Annotated[list[str] | None, Query()] = None,
) -> SetUpOut:
    """Blocks to set the cloud's side up, and the least-privilege policy of the level. Admins only.

    `account`: AWS account, Azure subscription or Google project, where it is known.
    `blueprints`: kinds of pipelines that it is for; all of the cloud's where none is named.
    `identity`: of an earlier answer, for the same ids with another level."""
    access.require_admin(caller(request))
    own = connections.SANDBOX_ACCOUNTS[Cloud(cloud)][0] if sandbox else ""
    shown = setting_up.show(
        Cloud(cloud),
        method,
        Level(level),
        identity=setting_up.identity_of(identity) if identity else setting_up.new_identity(),
        typed={"account": account or own, "region": region},
        blueprints=blueprints or (),
    )
    return _out(shown, shown.identity, sandbox=sandbox)


def _out(shown: SetUp, identity: Identity, *, sandbox: bool) -> SetUpOut:
    facts = shown.facts
    return SetUpOut(
        cloud=facts.cloud.value,
        method=facts.method,
        level=facts.level.value,
        sandbox=sandbox,
        identity=identity.signed,
        issuer=issuer.url(),
        subject=identity.subject,
        external_id=identity.external_id,
        problem="" if sandbox else setting_up.unreachable(facts.method),
        policy=[
            PolicyDocumentOut(
                name=each.name, file=each.file, text=each.text, notes=list(each.notes)
            )
            for each in shown.policy
        ],
        blocks=[
            BlockOut(tool=each.tool, title=each.title, text=each.text) for each in shown.blocks
        ],
    )
