"""What others may do with a function, and what becomes of its asynchronous invocations."""

from __future__ import annotations

import json
from typing import Any

from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    from_api,
    integer,
    record,
    text,
    to_api,
)
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.values import Properties

_GONE = ("ResourceNotFoundException",)


def same_function(old: Any, new: Any) -> bool:
    """A function may be named by its name or by its ARN."""
    return str(old).split(":")[-1] == str(new).split(":")[-1]


_ADDED: dict[str, Property] = {
    "action": text(required=True, replaces=True),
    "eventSourceToken": text(replaces=True),
    "functionUrlAuthType": text(choices=("AWS_IAM", "NONE"), replaces=True),
    "invokedViaFunctionUrl": boolean(replaces=True),
    "principal": text(required=True, replaces=True),
    "principalOrgId": text(replaces=True, api="PrincipalOrgID"),
    "qualifier": text(replaces=True),
    "sourceAccount": text(replaces=True, pattern=r"\d{12}"),
    "sourceArn": text(replaces=True),
    "statementId": text(high=100, pattern=r"[\w-]+", computed=True, replaces=True),
}
_CONDITIONS = {
    "sourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "eventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "principalOrgId": ("StringEquals", "aws:PrincipalOrgID"),
    "sourceArn": ("ArnLike", "AWS:SourceArn"),
}


class Permission(Resource):
    """A statement of a function's own policy; its id is the statement's."""

    type = "aws:lambda/permission:Permission"
    label = "Lambda Permission"
    naming = Naming(property="statementId", prefix="statementIdPrefix", longest=100)
    inputs = {
        **_ADDED,
        "function": text(required=True, replaces=True, same=same_function),
        "region": text(computed=True, replaces=True),
        "statementIdPrefix": text(high=74, local=True, replaces=True),
    }

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        wish = to_api(_ADDED, inputs)
        cloud.call("lambda", "add_permission", FunctionName=inputs["function"], **wish)
        return str(inputs["statementId"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        function = known.get("function")
        if function is None:  # an import names both: function/statement
            function, _, id = id.partition("/")
        qualifier = {"Qualifier": known["qualifier"]} if known.get("qualifier") else {}
        answer = cloud.find(
            "lambda", "get_policy", missing=_GONE, FunctionName=function, **qualifier
        )
        statements = json.loads(answer["Policy"])["Statement"] if answer else []
        found = next((one for one in statements if one["Sid"] == id), None)
        if found is None:
            return None
        return {
            **_shown(found),
            "function": found["Resource"].split(":")[6],
            "functionUrlAuthType": known.get("functionUrlAuthType"),
            "qualifier": known.get("qualifier"),
            "region": cloud.region,
        }

    def kept_id(self, id: str, live: Properties) -> str:
        return str(live["statementId"])

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        qualifier = {"Qualifier": state["qualifier"]} if state.get("qualifier") else {}
        cloud.find(
            "lambda",
            "remove_permission",
            missing=_GONE,
            FunctionName=state["function"],
            StatementId=id,
            **qualifier,
        )


def _shown(statement: dict[str, Any]) -> Properties:
    principal = statement["Principal"]
    named = principal if isinstance(principal, str) else next(iter(principal.values()))
    conditions = statement.get("Condition", {})
    root = named.startswith("arn:") and named.endswith(":root")
    return {
        "action": statement["Action"],
        "principal": named.split(":")[4] if root else named,
        "statementId": statement["Sid"],
        **{
            name: conditions.get(operator, {}).get(key)
            for name, (operator, key) in _CONDITIONS.items()
        },
    }


_EVENT_CONFIG: dict[str, Property] = {
    "destinationConfig": record(
        {
            "onFailure": record({"destination": text(required=True)}),
            "onSuccess": record({"destination": text(required=True)}),
        }
    ),
    "maximumEventAgeInSeconds": integer(low=60, high=21600),
    "maximumRetryAttempts": integer(default=2, low=0, high=2),
}


class FunctionEventInvokeConfig(Resource):
    """Retries and destinations of asynchronous invocations; its id is the function's name."""

    type = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    label = "Lambda Function Event Invoke Config"
    inputs = {
        **_EVENT_CONFIG,
        "functionName": text(required=True, replaces=True, same=same_function),
        "qualifier": text(replaces=True),
        "region": text(computed=True, replaces=True),
    }

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        self._put(cloud, inputs)
        name, qualifier = inputs["functionName"], inputs.get("qualifier")
        return f"{name}:{qualifier}" if qualifier else str(name)

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        answer = cloud.find(
            "lambda", "get_function_event_invoke_config", missing=_GONE, FunctionName=id
        )
        if answer is None:
            return None
        shown = from_api(_EVENT_CONFIG, answer)
        if not any(shown.get("destinationConfig", {}).values()):
            shown.pop("destinationConfig", None)
        return {
            **shown,
            "functionName": known.get("functionName", id),
            "maximumRetryAttempts": answer.get("MaximumRetryAttempts", 2),
            "qualifier": known.get("qualifier"),
            "region": cloud.region,
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        self._put(cloud, news)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find("lambda", "delete_function_event_invoke_config", missing=_GONE, FunctionName=id)

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        qualifier = {"Qualifier": inputs["qualifier"]} if inputs.get("qualifier") else {}
        cloud.call(
            "lambda",
            "put_function_event_invoke_config",
            FunctionName=inputs["functionName"],
            **qualifier,
            **to_api(_EVENT_CONFIG, inputs),
        )
