"""Whether somebody's policies together allow an action: pure evaluation, and AWS's words for it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from dataclasses import dataclass

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.policies import Context, Verdict, evaluate


@dataclass(frozen=True)
class Policies:
    """A boundary and a session's own policies only take away; None: there are none."""

    identity: tuple[str, ...]
    boundary: tuple[str, ...] | None = None
    session: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Decision:
    verdict: Verdict
    layer: str = ""  # whose word it is, unless it is an Allow

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED


_ALLOWED = Decision(Verdict.ALLOWED)
# An administrator's.
EVERYTHING = Policies(('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',))


def decide(
    policies: Policies, *, action: str, resource: str, context: Context | None = None
) -> Decision:
    """A deny in any layer counts first; then each layer has to allow."""
    layers = (
        ("identity-based policy", policies.identity),
        ("permissions boundary", policies.boundary),
        ("session policy", policies.session),
    )
    verdicts = [
        (layer, evaluate(documents, action=action, resource=resource, context=context))
        for layer, documents in layers
        if documents is not None
    ]
    for wanted in (Verdict.DENIED, Verdict.SILENT):
        for layer, verdict in verdicts:
            if verdict is wanted:
                return Decision(verdict, layer)
    return _ALLOWED


def denied(arn: str, decision: Decision, *, action: str, resource: str) -> AwsError:
    """AccessDeniedException in AWS's words."""
    because = (
        f"with an explicit deny in {_article(decision.layer)} {decision.layer}"
        if decision.verdict is Verdict.DENIED
        else f"because no {decision.layer} allows the {action} action"
    )
    return AwsError(
        "AccessDeniedException",
        f"User: {arn} is not authorized to perform: {action} on resource: {resource} {because}",
    )


def _article(layer: str) -> str:
    return "an" if layer[0] in "aeiou" else "a"
