"""What S3 keeps of a bucket's notifications."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.records import Record

# By the kind of target: the list in the configuration, and the member with the ARN.
KINDS = {
    "lambda": ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    "sqs": ("QueueConfigurations", "QueueArn"),
    "sns": ("TopicConfigurations", "TopicArn"),
}


@dataclass(frozen=True)
class Rule:
    """One configuration: which events of which keys go where."""

    id: str
    kind: str
    arn: str
    events: tuple[str, ...]
    prefix: str
    suffix: str

    def why_not(self, event: str, key: str) -> str | None:
        """Why an event is none of this rule's, in a sentence; None when it is."""
        if not any(matches_event(wanted, event) for wanted in self.events):
            return f"The rule is for {', '.join(self.events)}, this was {event}."
        if not key.startswith(self.prefix):
            return f"The prefix {self.prefix} does not match {key}."
        if not key.endswith(self.suffix):
            return f"The suffix {self.suffix} does not match {key}."
        return None


class Configuration(Record):
    """A bucket's; `content` is NotificationConfiguration by AWS's names."""

    bucket: str
    content: dict[str, Any]

    @property
    def key(self) -> str:
        return self.bucket

    @property
    def rules(self) -> Iterator[Rule]:
        return rules_of(self.content)

    @property
    def to_event_bridge(self) -> bool:
        return "EventBridgeConfiguration" in self.content


def rules_of(content: dict[str, Any]) -> Iterator[Rule]:
    for kind, (member, arn) in KINDS.items():
        for each in content.get(member, []):
            rules = each.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            filters = {rule["Name"].lower(): rule.get("Value", "") for rule in rules}
            yield Rule(
                id=each["Id"],
                kind=kind,
                arn=each[arn],
                events=tuple(each["Events"]),
                prefix=filters.get("prefix", ""),
                suffix=filters.get("suffix", ""),
            )


def matches_event(wanted: str, event: str) -> bool:
    """`s3:ObjectCreated:*` is for all that begin so."""
    return wanted == event or (wanted.endswith("*") and event.startswith(wanted[:-1]))
