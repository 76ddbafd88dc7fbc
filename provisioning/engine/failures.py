"""Why an operation failed: our words, the cloud's own, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from provisioning.contracts import Diagnosis, ErrorKind, OperationError, ResourceOp
from provisioning.engine.events import Failure, name_of
from provisioning.engine.wording import DONE, kind_words
from provisioning.errors import (
    AlreadyExists,
    CloudAway,
    CloudError,
    NotFound,
    PermissionDenied,
    Throttled,
)

Diagnose = Callable[[str, str, str], Diagnosis]  # code, message, and all that was said

# How the providers wrap what a cloud said; each pattern has a code and the message.
WRAPPINGS = (
    # AWS SDK for Go 2: "... StatusCode: 409, RequestID: x, EntityAlreadyExists: Role ..."
    re.compile(r"RequestID: [^,]*,(?: HostID: [^,]*,)? (?:api error )?(\w+): (.+)", re.S),
    re.compile(r"\bapi error (\w+): (.+)", re.S),
    # boto3: "An error occurred (ValidationException) when calling the X operation: ..."
    re.compile(
        r"An error occurred \(([\w.]+)\) when calling the \w+ operation(?: \([^)]*\))?: (.+)", re.S
    ),
    # azure-native: 'Status=403 Code="AuthorizationFailed" Message="The client …"'
    re.compile(r'\bCode="([^"]+)" Message="(.+)"', re.S),
    # and what the SDK for Go says of an answer: 'ERROR CODE: AuthorizationFailed … {"error": …}'
    re.compile(r'\bERROR CODE: (\w+)\b.*?"message":\s*"((?:[^"\\]|\\.)*)"', re.S),
    # Cloud Control: 'operation CREATE failed with "AlreadyExists": ...'
    re.compile(r'operation \w+ failed with "(\w+)": (.+)', re.S),
)
TAILS = re.compile(
    r"\s*(\((Service|RequestToken|SDK Attempt Count): .*|: provider=\S+|\n\s*status code: .*)$",
    re.S,
)
PROGRAM = "python inline source runtime error: "
PLAN = re.compile(r"violates plan|resource plan|not in the plan|plan constraint", re.I)
PLUGIN_MISSING = (
    "The engine fetches its providers from Pulumi's site. Let this machine reach it, or install "
    "the plug-in that the message names into the PULUMI_HOME of Skyclock's data folder."
)
KINDS: dict[type[CloudError], ErrorKind] = {
    PermissionDenied: ErrorKind.PERMISSION,
    NotFound: ErrorKind.NOT_FOUND,
    AlreadyExists: ErrorKind.NAME_TAKEN,
    Throttled: ErrorKind.THROTTLED,
    CloudAway: ErrorKind.UNREACHABLE,
}
NEW_PREVIEW = "Run a new preview and deploy that one."


@dataclass(frozen=True)
class CloudWords:
    code: str
    message: str


def cloud_words(diagnostic: str) -> CloudWords:
    """What the cloud said, freed of what the provider wrapped around it."""
    for wrapping in WRAPPINGS:
        found = wrapping.search(diagnostic)
        if found:
            return CloudWords(found[1], TAILS.sub("", found[2]).strip())
    return CloudWords("", TAILS.sub("", diagnostic).strip())


def explain(failures: Sequence[Failure], diagnose: Diagnose) -> OperationError | None:
    """The first failure of a resource, else the first of all; None if there is none."""
    if not failures:
        return None
    of_resources = [failure for failure in failures if failure.resource]
    first = (of_resources or failures)[0]
    if PLAN.search(first.message):
        return _plan_broken(first)
    if first.message.startswith(PROGRAM):
        return _program_failed(first)
    words = cloud_words(first.message)
    if package := _provider_of(first.resource):
        return _provider_failed(first, package, words, diagnose)
    others = len({failure.resource for failure in of_resources}) - 1
    found = diagnose(words.code, words.message, first.message)
    summary = _what_failed(first) + (f", and {others} more failed" if others > 0 else "")
    return OperationError(
        summary=summary + (f" ({words.code})" if words.code else ""),
        resource=first.resource,
        cloud_message=words.message,
        hint=found.hint,
        kind=found.kind,
        policy=found.policy,
    )


def kind_of(error: CloudError) -> ErrorKind | None:
    """By its class, where its code says no more."""
    return next((kind for known, kind in KINDS.items() if isinstance(error, known)), None)


def plan_not_met() -> OperationError:
    """The engine ends without a word when the outputs are others than those planned."""
    return OperationError(
        summary="What came out differs from the preview's plan; what was done is kept.",
        hint=NEW_PREVIEW,
        code="plan_stale",
    )


def killed() -> OperationError:
    return OperationError(
        summary="The Pulumi engine was killed, by somebody or for lack of memory.",
        hint="Deploy again: it goes on from what exists now.",
    )


def _what_failed(failure: Failure) -> str:
    if failure.resource is None:
        return "The Pulumi engine stopped with an error"
    kind = kind_words(failure.resource.rsplit("::", 2)[-2].rsplit("$", 1)[-1])
    name, verb = name_of(failure.resource), _verb(failure.op)
    # The one pipeline of a program is called so in it: a name that says nothing more.
    named = kind if kind.endswith(f" {name}") else f"{kind} {name}"
    return f"{named} could not be {verb}"


def _verb(op: ResourceOp | None) -> str:
    if op is None or op is ResourceOp.SAME:
        return "deployed"
    return DONE.get(op, "read")


def _plan_broken(failure: Failure) -> OperationError:
    return OperationError(
        summary="The deployment would do something else than the preview's plan says.",
        resource=failure.resource,
        cloud_message=failure.message,
        hint=NEW_PREVIEW,
        code="plan_stale",
    )


def _provider_of(urn: str | None) -> str | None:
    """The package, where the URN is that of a provider itself."""
    found = re.search(r"::pulumi:providers:([^:]+)::", urn or "")
    return found[1] if found else None


def _provider_failed(
    failure: Failure, package: str, words: CloudWords, diagnose: Diagnose
) -> OperationError:
    missing = "resource plugin" in failure.message
    found = diagnose(words.code, words.message, failure.message)
    return OperationError(
        summary=f"Pulumi's provider '{package}' could not be started",
        resource=failure.resource,
        cloud_message=words.message,
        hint=PLUGIN_MISSING if missing else found.hint,
        kind=None if missing else found.kind,
        policy=found.policy,
    )


def _program_failed(failure: Failure) -> OperationError:
    reason = failure.message.removeprefix(PROGRAM).splitlines()[0]
    return OperationError(
        summary=f"The pipeline's Pulumi program failed: {reason}",
        resource=failure.resource,
        hint="This is a fault in the blueprint, not in your cloud. The log has its traceback.",
    )
