"""Every type of activity, with what does it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from provisioning.sandbox.azure.datafactory.data.places import Places
from provisioning.sandbox.azure.datafactory.runs.starting import Starting
from provisioning.sandbox.azure.datafactory.runs.steps import ActivityType
from provisioning.sandbox.azure.datafactory.runs.types.compute import Computed
from provisioning.sandbox.azure.datafactory.runs.types.containers import (
    ForEach,
    IfCondition,
    Switch,
    Until,
)
from provisioning.sandbox.azure.datafactory.runs.types.control import (
    AppendVariable,
    Fail,
    Filter,
    SetVariable,
    Wait,
)
from provisioning.sandbox.azure.datafactory.runs.types.copying import Copy
from provisioning.sandbox.azure.datafactory.runs.types.looking import (
    Delete,
    GetMetadata,
    Lookup,
    Validation,
)
from provisioning.sandbox.azure.datafactory.runs.types.pipelines import ExecutePipeline
from provisioning.sandbox.azure.datafactory.runs.types.web import WebActivity, WebHook


def activity_types(starting: Starting, places: Places) -> Mapping[str, ActivityType]:
    """Of the types that are not named here only the time passes."""
    found: defaultdict[str, ActivityType] = defaultdict(Computed)
    found |= {
        "AppendVariable": AppendVariable(),
        "Copy": Copy(places),
        "Delete": Delete(places),
        "ExecutePipeline": ExecutePipeline(starting),
        "Fail": Fail(),
        "Filter": Filter(),
        "ForEach": ForEach(),
        "GetMetadata": GetMetadata(places),
        "IfCondition": IfCondition(),
        "Lookup": Lookup(places),
        "SetVariable": SetVariable(),
        "Switch": Switch(),
        "Until": Until(),
        "Validation": Validation(places),
        "Wait": Wait(),
        "WebActivity": WebActivity(),
        "WebHook": WebHook(),
    }
    return found
