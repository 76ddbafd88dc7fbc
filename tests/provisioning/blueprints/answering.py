"""A session whose AWS answers what was recorded, and checks what it is asked.

botocore's Stubber holds every request and every answer against the API's published shapes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from provisioning.contracts import Cloud

__all__ = ["ANY", "AnsweringSession"]


class AnsweringSession:
    cloud = Cloud.AWS
    region = "eu-west-1"
    account = "111122223333"
    sandbox = False

    def __init__(self, now: str = "2026-11-21T06:00:00+00:00") -> None:
        self._now = datetime.fromisoformat(now)
        self._stubs: dict[str, Stubber] = {}

    def client(self, service: str) -> Any:
        return self._stub(service).client

    def now(self) -> datetime:
        return self._now.astimezone(UTC)

    def identity(self) -> str:
        return "arn:aws:iam::111122223333:user/ada"

    def answers(self, service: str, operation: str, answer: dict[str, Any], **asked: Any) -> None:
        self._stub(service).add_response(operation, answer, asked or None)

    def refuses(self, service: str, operation: str, code: str) -> None:
        self._stub(service).add_client_error(operation, code, "The cloud's own words.")

    def all_asked(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()

    def _stub(self, service: str) -> Stubber:
        if service not in self._stubs:
            client = boto3.client(
                service,
                region_name=self.region,
                aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
                aws_secret_access_key="for a test",
            )
            self._stubs[service] = Stubber(client)
            self._stubs[service].activate()
        return self._stubs[service]
