"""A custom role of Azure. Reader is not enough: reading runs takes actions."""

from __future__ import annotations

import json
import re

from provisioning.clouds.policies.documents import ACCOUNTS, Needed, PolicyDocument

# Of what is inside of resources; a role keeps them apart.
# https://learn.microsoft.com/en-us/azure/role-based-access-control/role-definitions
DATA = re.compile(
    r"Microsoft\.Storage/storageAccounts/blobServices/containers/blobs/.*"
    r"|Microsoft\.EventGrid/events/send/action",
    re.I,
)
# By these the test of a Connection asks what it may do, and where Data Factory is offered.
TESTS = (
    "Microsoft.Authorization/permissions/read",
    "Microsoft.Resources/subscriptions/locations/read",
    "Microsoft.Resources/subscriptions/providers/read",
)
QUERIES = (
    "The built-in role Reader cannot read runs: querying pipeline runs, activity runs and trigger "
    "runs are actions, which this role has."
)
ASSIGNS = (
    "It may assign roles in the subscription, which only pipelines that give roles need. Leave "
    "Microsoft.Authorization/roleAssignments out where none does."
)


def documents(needed: Needed) -> tuple[PolicyDocument, ...]:
    wanted = sorted({*needed.permissions, *TESTS}, key=str.lower)
    name = " ".join(filter(None, ("Skyclock", needed.level.value, needed.suffix)))
    definition = {
        "Name": name,
        "IsCustom": True,
        "Description": f"What a Skyclock connection needs to {needed.level.value}.",
        "Actions": [each for each in wanted if not DATA.fullmatch(each)],
        "NotActions": [],
        "DataActions": [each for each in wanted if DATA.fullmatch(each)],
        "NotDataActions": [],
        "AssignableScopes": [f"/subscriptions/{needed.account or ACCOUNTS['azure']}"],
    }
    assigns = any("roleAssignments/write" in each for each in wanted)
    return (
        PolicyDocument(
            name=name,
            file=f"skyclock-{needed.level.value}.json",
            text=json.dumps(definition, indent=2),
            notes=(QUERIES, ASSIGNS) if assigns else (QUERIES,),
        ),
    )
