"""STS: who somebody is, and temporary credentials, which live in real time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.assuming import require_assumable
from provisioning.sandbox.aws.authorisation import authorise_always
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.identity import find_key
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.policies import is_document
from provisioning.sandbox.aws.principals import managed_policy
from provisioning.sandbox.aws.query_protocol import query_answer, read_members
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sts_sessions import StsSession
from provisioning.sandbox.aws.web_identity import WebIdentities
from provisioning.sandbox.aws.world import World

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_HOUR = 3600

Result = Mapping[str, Any]


class Sts:
    def __init__(self, world: World) -> None:
        self._world = world
        self._web = WebIdentities(world)
        self._operations: dict[str, Callable[[AwsRequest, Caller], Result]] = {
            "AssumeRole": self._assume_role,
            "GetAccessKeyInfo": self._get_access_key_info,
            "GetCallerIdentity": self._get_caller_identity,
            "GetSessionToken": self._get_session_token,
        }

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later | None:
        if request.operation == "AssumeRoleWithWebIdentity":
            return self._assume_role_with_web_identity(request)
        if request.operation not in self._operations:
            raise not_simulated(f"sts {request.operation}")
        result = self._operations[request.operation](request, caller)
        return query_answer(request, _NAMESPACE, result)

    def _get_caller_identity(self, request: AwsRequest, caller: Caller) -> Result:
        return {"Arn": caller.arn, "UserId": caller.principal_id, "Account": caller.account}

    def _get_access_key_info(self, request: AwsRequest, caller: Caller) -> Result:
        authorise_always(request, caller)
        given = read_members("sts", request)
        key = find_key(given["AccessKeyId"], self._world)
        if key is None:
            raise AwsError("ValidationError", "Invalid access key id")
        return {"Account": key.caller.account}

    def _get_session_token(self, request: AwsRequest, caller: Caller) -> Result:
        if caller.temporary or caller.role_arn:
            raise AwsError(
                "AccessDenied", "Cannot call GetSessionToken with session credentials", status=403
            )
        given = read_members("sts", request)
        seconds = given.get("DurationSeconds", 12 * _HOUR)
        session = self._world.sessions.issue(caller, seconds=seconds)
        return {"Credentials": _credentials(session)}

    def _assume_role(self, request: AwsRequest, caller: Caller) -> Result:
        given = read_members("sts", request)
        arn, name = given["RoleArn"], given["RoleSessionName"]
        tags = {each["Key"]: each["Value"] for each in given.get("Tags", [])}
        context = {"sts:RoleSessionName": name, **_tag_context(tags)}
        if "ExternalId" in given:
            context["sts:ExternalId"] = given["ExternalId"]
        role = require_assumable(
            caller, arn, action="sts:AssumeRole", context=context, region=request.region
        )
        if tags:
            require_assumable(
                caller, arn, action="sts:TagSession", context=context, region=request.region
            )
        seconds = _seconds(given, role, chained=bool(caller.role_arn))
        session = self._issue(given, role, seconds=seconds, tags=tags)
        return _assumed(session, given)

    def _assume_role_with_web_identity(self, request: AwsRequest) -> Later:
        """The issuer is asked with the world unlocked."""
        given = read_members("sts", request)
        provider = self._web.provider(given)

        def finish() -> AwsResponse:
            claims = self._web.verify(given, provider)
            with self._world.lock:
                role = self._web.require_trust(given, provider, claims)
                session = self._issue(given, role, seconds=_seconds(given, role), tags={})
            self._world.store.commit()
            result = {
                **_assumed(session, given),
                "Provider": provider.arn,
                "Audience": claims.audience,
                "SubjectFromWebIdentityToken": claims.subject,
            }
            return query_answer(request, _NAMESPACE, result)

        return Later(finish)

    def _issue(
        self, given: Mapping[str, Any], role: Any, *, seconds: int, tags: dict[str, str]
    ) -> StsSession:
        session = Session(role_arn=role.arn, session_name=given["RoleSessionName"])
        caller = session.caller(access_key="")
        tagged = Caller(**{**vars(caller), "tags": tuple(tags.items())})
        policies = _session_policies(given, account=role.account_id)
        return self._world.sessions.issue(tagged, seconds=seconds, policies=policies)


def _seconds(given: Mapping[str, Any], role: Any, *, chained: bool = False) -> int:
    longest = int(role.max_session_duration or _HOUR)
    seconds: int = given.get("DurationSeconds", _HOUR)
    if seconds > longest:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    if chained and seconds > _HOUR:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining.",
        )
    return seconds


def _session_policies(given: Mapping[str, Any], *, account: str) -> list[str] | None:
    named = [each.get("arn", "") for each in given.get("PolicyArns", [])]
    if "Policy" not in given and not named:
        return None
    found: list[str] = []
    if "Policy" in given:
        if not is_document(given["Policy"]):
            raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json")
        found.append(given["Policy"])
    for arn in named:
        document = managed_policy(arn, account)
        if document is None:
            raise AwsError("MalformedPolicyDocument", f"The policy {arn} does not exist.")
        found.append(document)
    return found


def _tag_context(tags: Mapping[str, str]) -> dict[str, str]:
    return {f"aws:RequestTag/{name}": value for name, value in tags.items()}


def _assumed(session: StsSession, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Credentials": _credentials(session),
        "AssumedRoleUser": {"AssumedRoleId": session.principal_id, "Arn": session.arn},
        "PackedPolicySize": min(100, 1 + len(given.get("Policy", "")) // 21)
        if session.policies is not None
        else None,
    }


def _credentials(session: StsSession) -> dict[str, str]:
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expiration,
    }
