"""Functions by name and by ARN, and what their own policies let others do."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.checks import not_found
from provisioning.sandbox.aws.lambdas.code import Code
from provisioning.sandbox.aws.lambdas.records import LATEST, Function, function_key
from provisioning.sandbox.aws.policies import grants
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

INVOKE = "lambda:InvokeFunction"
_NAME = re.compile(
    r"(arn:aws[\w-]*:lambda:)?((?P<region>[a-z]+(-[a-z]+)+-\d):)?((?P<account>\d{12}):)?"
    r"(function:)?(?P<name>[\w.-]+)(:(?P<qualifier>[\w$.-]+))?"
)


class Functions:
    def __init__(self, world: World) -> None:
        self.table = Table(world.store, kind="lambda_function", record=Function)
        self.code = Code(world.store, world.folder)
        self._clock = world.clock

    def find(self, place: Place, name: str) -> Function:
        """By name, by a part of its ARN or by all of it; raises ResourceNotFoundException."""
        match = _NAME.fullmatch(name)
        there = Place(
            account=(match and match["account"]) or place.account,
            region=(match and match["region"]) or place.region,
        )
        short = match["name"] if match else name
        function = self.table.get(function_key(there, short)) if there == place else None
        qualifier = match["qualifier"] if match else None
        if function is None or qualifier not in (None, LATEST):
            suffix = f":{qualifier}" if qualifier else ""
            raise not_found(there.arn("lambda", f"function:{short}{suffix}"))
        return function

    def by_arn(self, arn: str) -> Function | None:
        parts = arn.split(":")
        if len(parts) < 7 or parts[2] != "lambda":
            return None
        try:
            return self.find(Place(account=parts[4], region=parts[3]), arn)
        except AwsError:
            return None

    def change(self, function: Function) -> None:
        """Keep it as a new revision of itself."""
        function.revision = str(uuid.uuid4())
        function.modified = self._clock.now()
        self.table.put(function)

    def drop_code(self, digest: str) -> None:
        if not any(function.code == digest for function in self.table):
            self.code.forget(digest)


def policy_text(function: Function) -> str:
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": function.statements})


def lets_invoke(function: Function, *, service: str, context: Mapping[str, str]) -> bool:
    """Whether the function's own policy lets a service of AWS invoke it, seen its source."""
    return grants(
        policy_text(function),
        service=service,
        action=INVOKE,
        resource=function.arn,
        context=context,
    )
