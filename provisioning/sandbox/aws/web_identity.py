"""AssumeRoleWithWebIdentity: an identity provider of IAM, its token, and a role that trusts it.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.iam.models import iam_backends

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.policies import Trust, trust_in
from provisioning.sandbox.aws.principals import find_role, trust_policy
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.identity_tokens import (
    Claims,
    IdentityTokens,
    Reason,
    TokenRefused,
    read_unverified,
)

_ACTION = "sts:AssumeRoleWithWebIdentity"


@dataclass(frozen=True)
class Provider:
    arn: str
    issuer: str
    audiences: tuple[str, ...]
    now: float  # real time, as this cloud's clock shows it

    @property
    def name(self) -> str:
        """As condition keys begin: the issuer without its scheme."""
        return self.issuer.partition("://")[2]


@dataclass(frozen=True)
class Identity:
    subject: str
    audience: str


class WebIdentities:
    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens = IdentityTokens()

    def provider(self, given: Mapping[str, Any]) -> Provider:
        """The one in the role's account for the token's issuer. Call it with the world locked."""
        try:
            claims = read_unverified(given["WebIdentityToken"])
        except TokenRefused as error:
            raise _refused(error) from error
        if "ProviderId" in given:
            raise _invalid("ProviderId is not for OpenID Connect tokens.")
        account = _account(given["RoleArn"])
        named = claims.issuer.partition("://")[2]
        for each in list(iam_backends[account]["aws"].open_id_providers.values()):
            if each.url == named:
                now = self._world.faults.real_now("aws", "AssumeRoleWithWebIdentity", "sts")
                audiences = tuple(each.client_id_list)
                return Provider(each.arn, claims.issuer, audiences, now)
        raise _invalid(f"No OpenIDConnect provider found in your account for {claims.issuer}")

    def verify(self, given: Mapping[str, Any], provider: Provider) -> Identity:
        """Call it with the world unlocked."""
        try:
            claims = self._tokens.verify(
                given["WebIdentityToken"],
                issuer=provider.issuer,
                audiences=provider.audiences,
                now=provider.now,
            )
        except TokenRefused as error:
            claims = read_unverified(given["WebIdentityToken"])
            raise _refused(error, claims, provider.now) from error
        audience = next(each for each in claims.audiences if each in provider.audiences)
        return Identity(subject=claims.subject, audience=audience)

    def require_trust(self, given: Mapping[str, Any], provider: Provider, who: Identity) -> Any:
        """moto's role, if it is there and trusts this identity. Call it with the world locked."""
        role = find_role(given["RoleArn"])
        context = {
            f"{provider.name}:aud": who.audience,
            f"{provider.name}:sub": who.subject,
            "aws:FederatedProvider": provider.arn,
            "sts:RoleSessionName": given["RoleSessionName"],
        }
        trusted = role is not None and trust_in(
            trust_policy(role),
            action=_ACTION,
            kind="Federated",
            names={provider.arn},
            context=context,
        )
        if trusted is not Trust.NAMED:
            raise AwsError("AccessDenied", f"Not authorized to perform {_ACTION}", status=403)
        return role


def _account(role_arn: str) -> str:
    parts = role_arn.split(":")
    if len(parts) != 6 or not parts[4].isdigit():
        raise AwsError("ValidationError", f"{role_arn} is invalid")
    return parts[4]


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message)


_UNREADABLE_KEYS = (
    "Couldn't retrieve verification key from your identity provider, please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)
_WORDS = {
    Reason.MALFORMED: (
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access "
        "Token)"
    ),
    Reason.ALGORITHM: "The token's signature algorithm is not supported",
    Reason.ISSUER: "The token's issuer has to be https (the sandbox takes http on loopback)",
    Reason.KEY: _UNREADABLE_KEYS,
    Reason.SIGNATURE: "Signature verification failed",
    Reason.AUDIENCE: "Incorrect token audience",
    Reason.NOT_YET_VALID: "The token is not valid yet",
}


def _refused(error: TokenRefused, claims: Claims | None = None, now: float = 0) -> AwsError:
    if error.reason is Reason.EXPIRED and claims:
        return AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(now)} must be before the expiration "
            f"date/time {int(claims.expires_at)}",
        )
    if error.reason is Reason.UNREACHABLE:
        return AwsError("IDPCommunicationError", _UNREADABLE_KEYS)
    return _invalid(_WORDS[error.reason])
