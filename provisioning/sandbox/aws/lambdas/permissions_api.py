"""The operations on a function's own policy."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.functions import Functions, policy_text
from provisioning.sandbox.aws.lambdas.functions_api import qualified_name
from provisioning.sandbox.aws.lambdas.records import Function
from provisioning.sandbox.aws.services import Call, Operation

Answer = Mapping[str, Any]
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")


class PermissionsApi:
    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def operations(self) -> dict[str, Operation]:
        return {
            "AddPermission": self.add,
            "GetPolicy": self.get,
            "RemovePermission": self.remove,
        }

    def add(self, call: Call) -> Answer:
        function = self._find(call)
        sid = call["StatementId"]
        if any(each["Sid"] == sid for each in function.statements):
            raise AwsError(
                "ResourceConflictException",
                f"The statement id ({sid}) provided already exists. Please provide a new "
                "statement id, or remove the existing statement.",
                status=409,
            )
        _check_revision(call, function)
        statement = _statement(call, function)
        self._keep(function, [*function.statements, statement])
        return {"Statement": json.dumps(statement)}

    def get(self, call: Call) -> Answer:
        function = self._find(call)
        if not function.statements:
            raise _no_policy()
        return {"Policy": policy_text(function), "RevisionId": function.policy_revision}

    def remove(self, call: Call) -> None:
        function = self._find(call)
        sid = call["StatementId"]
        rest = [each for each in function.statements if each["Sid"] != sid]
        if len(rest) == len(function.statements):
            raise AwsError(
                "ResourceNotFoundException",
                f"Statement {sid} is not found in resource policy.",
                status=404,
            )
        _check_revision(call, function)
        self._keep(function, rest)

    def _find(self, call: Call) -> Function:
        return self._functions.find(call.place, qualified_name(call))

    def _keep(self, function: Function, statements: list[dict[str, Any]]) -> None:
        function.statements = statements
        function.policy_revision = str(uuid.uuid4())
        self._functions.table.put(function)


def _statement(call: Call, function: Function) -> dict[str, Any]:
    condition: dict[str, Any] = {}
    if call.get("SourceAccount"):
        condition["StringEquals"] = {"AWS:SourceAccount": call["SourceAccount"]}
    if call.get("EventSourceToken"):
        condition.setdefault("StringEquals", {})["lambda:EventSourceToken"] = call[
            "EventSourceToken"
        ]
    if call.get("PrincipalOrgID"):
        condition.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = call["PrincipalOrgID"]
    if call.get("SourceArn"):
        condition["ArnLike"] = {"AWS:SourceArn": call["SourceArn"]}
    return {
        "Sid": call["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(str(call["Principal"])),
        "Action": call["Action"],
        "Resource": function.arn,
        **({"Condition": condition} if condition else {}),
    }


def _principal(text: str) -> Any:
    if text == "*":
        return "*"
    if _SERVICE.fullmatch(text):
        return {"Service": text}
    if re.fullmatch(r"\d{12}", text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if text.startswith("arn:aws"):
        return {"AWS": text}
    raise AwsError(
        "InvalidParameterValueException",
        "The provided principal was invalid. Please check the principal and try again.",
    )


def _check_revision(call: Call, function: Function) -> None:
    if call.get("RevisionId") not in (None, function.policy_revision):
        raise AwsError(
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy "
            "API to retrieve the latest RevisionId",
            status=412,
        )


def _no_policy() -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        status=404,
    )
