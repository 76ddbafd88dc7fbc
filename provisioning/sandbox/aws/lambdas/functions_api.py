"""The operations on functions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.checks import check_settings, invalid
from provisioning.sandbox.aws.lambdas.code import as_aws_writes
from provisioning.sandbox.aws.lambdas.environments import Environments
from provisioning.sandbox.aws.lambdas.functions import Functions
from provisioning.sandbox.aws.lambdas.records import LATEST, Function, function_key
from provisioning.sandbox.aws.objects import object_body
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.services import Call, Operation
from provisioning.sandbox.aws.world import World

Answer = Mapping[str, Any]

_SETTINGS = (
    "Architectures",
    "CapacityProviderConfig",
    "CodeSigningConfigArn",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "ImageConfig",
    "KMSKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "Role",
    "Runtime",
    "SnapStart",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
)
_DEFAULTS: Mapping[str, Any] = {
    "Architectures": ["x86_64"],
    "Description": "",
    "EphemeralStorage": {"Size": 512},
    "MemorySize": 128,
    "PackageType": "Zip",
    "SnapStart": {"ApplyOn": "None"},
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}


class FunctionsApi:
    def __init__(self, world: World, functions: Functions, environments: Environments) -> None:
        self._clock = world.clock
        self._functions = functions
        self._environments = environments

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateFunction": self.create,
            "GetFunction": self.get,
            "GetFunctionConfiguration": self.get_configuration,
            "UpdateFunctionCode": self.update_code,
            "UpdateFunctionConfiguration": self.update_configuration,
            "DeleteFunction": self.delete,
            "ListFunctions": self.list,
            "ListVersionsByFunction": self.list_versions,
            "GetFunctionCodeSigningConfig": self.get_code_signing,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTags": self.list_tags,
        }

    def create(self, call: Call) -> Answer:
        name = call["FunctionName"].rpartition(":")[2]
        if self._functions.table.get(function_key(call.place, name)):
            raise AwsError(
                "ResourceConflictException", f"Function already exist: {name}", status=409
            )
        given = {key: call[key] for key in _SETTINGS if call.get(key) is not None}
        settings = {**_DEFAULTS, **given}
        check_settings(settings, account=call.place.account)
        body = _package(call["Code"])
        function = Function(
            account=call.place.account,
            region=call.place.region,
            name=name,
            settings=settings,
            code=self._functions.code.keep(body),
            code_size=len(body),
            revision="",
            modified=self._clock.now(),
            tags=call.get("Tags", {}),
        )
        self._functions.change(function)
        return configuration(function)

    def get(self, call: Call) -> Answer:
        function = self._find(call)
        concurrency = {"ReservedConcurrentExecutions": function.concurrency}
        return {
            "Configuration": configuration(function),
            "Code": {"RepositoryType": "S3"},
            "Tags": function.tags or None,
            "Concurrency": concurrency if function.concurrency is not None else None,
        }

    def get_configuration(self, call: Call) -> Answer:
        return configuration(self._find(call))

    def update_code(self, call: Call) -> Answer:
        function = self._find(call)
        _check_revision(call, function)
        body, before = _package(call.given), function.code
        function.code, function.code_size = self._functions.code.keep(body), len(body)
        if call.get("Architectures"):
            function.settings["Architectures"] = call["Architectures"]
        self._changed(function)
        self._functions.drop_code(before)
        return configuration(function)

    def update_configuration(self, call: Call) -> Answer:
        function = self._find(call)
        _check_revision(call, function)
        given = {key: call[key] for key in _SETTINGS if call.get(key) is not None}
        settings = {**function.settings, **given}
        check_settings(settings, account=call.place.account)
        function.settings = settings
        self._changed(function)
        return configuration(function)

    def delete(self, call: Call) -> None:
        function = self._find(call)
        self._functions.table.delete(function.key)
        self._environments.retire(function.key)
        self._functions.drop_code(function.code)

    def list(self, call: Call) -> Answer:
        own = [each for each in self._functions.table if each.place == call.place]
        found = [configuration(each) for each in sorted(own, key=lambda each: each.name)]
        return page(
            call,
            found,
            result="Functions",
            default=50,
            limit="MaxItems",
            position="Marker",
            next_position="NextMarker",
        )

    def list_versions(self, call: Call) -> Answer:
        """Versions cannot be published here, so there is the one that every function has."""
        return {"Versions": [configuration(self._find(call), qualified=True)]}

    def get_code_signing(self, call: Call) -> Answer:
        return {"FunctionName": self._find(call).name}

    # ── Tags ────────────────────────────────────────────────────────────────────────

    def tag(self, call: Call) -> None:
        function = self._tagged(call)
        function.tags = {**function.tags, **call["Tags"]}
        self._functions.table.put(function)

    def untag(self, call: Call) -> None:
        function = self._tagged(call)
        function.tags = {k: v for k, v in function.tags.items() if k not in call["TagKeys"]}
        self._functions.table.put(function)

    def list_tags(self, call: Call) -> Answer:
        return {"Tags": self._tagged(call).tags}

    # ── Finding ─────────────────────────────────────────────────────────────────────

    def _find(self, call: Call) -> Function:
        return self._functions.find(call.place, qualified_name(call))

    def _tagged(self, call: Call) -> Function:
        return self._functions.find(call.place, call["Resource"])

    def _changed(self, function: Function) -> None:
        self._functions.change(function)
        self._environments.retire(function.key)


def qualified_name(call: Call) -> str:
    """The function that is named, together with the qualifier that may stand beside it."""
    name, qualifier = str(call["FunctionName"]), call.get("Qualifier")
    return f"{name}:{qualifier}" if qualifier else name


def configuration(function: Function, *, qualified: bool = False) -> dict[str, Any]:
    settings = function.settings
    modified = datetime.fromtimestamp(function.modified, UTC)
    return {
        **settings,
        "FunctionName": function.name,
        "FunctionArn": f"{function.arn}:{LATEST}" if qualified else function.arn,
        "CodeSha256": as_aws_writes(function.code),
        "CodeSize": function.code_size,
        "LastModified": modified.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
        "LastUpdateStatus": "Successful",
        "LoggingConfig": {
            "LogFormat": "Text",
            **settings.get("LoggingConfig", {}),
            "LogGroup": function.log_group,
        },
        "RevisionId": function.revision,
        "SnapStart": {**settings["SnapStart"], "OptimizationStatus": "Off"},
        "State": "Active",
        "Version": LATEST,
    }


def _package(given: Mapping[str, Any]) -> bytes:
    """The zip file, sent along or taken from S3."""
    if given.get("ImageUri"):
        raise invalid("The sandbox runs functions from zip files only.")
    if given.get("ZipFile"):
        try:
            return base64.b64decode(given["ZipFile"], validate=True)
        except binascii.Error as error:
            raise AwsError("SerializationException", "ZipFile is not base 64.") from error
    bucket, key = given.get("S3Bucket"), given.get("S3Key")
    if not bucket or not key:
        raise invalid("Please provide a source for function code.")
    body = object_body(bucket, key, version=given.get("S3ObjectVersion"))
    if body is None:
        raise invalid(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The "
            "specified key does not exist."
        )
    return body


def _check_revision(call: Call, function: Function) -> None:
    if call.get("RevisionId") not in (None, function.revision):
        raise AwsError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction "
            "API to retrieve the latest Revision Id",
            status=412,
        )
