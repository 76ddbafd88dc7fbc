"""What ends an operation of the engine with an error.

Refusal                 any operation that did not happen; the text goes to the engine
├── CloudRefused        the cloud said no; its code and its words are kept
├── CloudUnreachable    the sandbox did not answer
└── Cancelled           the engine asked us to stop
"""

from __future__ import annotations

from botocore.exceptions import ClientError


class Refusal(Exception):
    """An operation that did not happen; the text is what people read."""


class Cancelled(Refusal):
    def __init__(self) -> None:
        super().__init__("operation cancelled")


class CloudUnreachable(Refusal):
    pass


class CloudRefused(Refusal):
    """The cloud's answer. `str()` reads as the providers built on the Go SDK write it."""

    def __init__(self, error: ClientError, *, service: str, modelled: bool) -> None:
        answer = error.response.get("Error", {})
        metadata = error.response.get("ResponseMetadata", {})
        self.service = service
        self.operation = error.operation_name
        self.code = str(answer.get("Code", "Unknown"))
        self.message = str(answer.get("Message", ""))
        self.status = int(metadata.get("HTTPStatusCode", 0))
        self.request_id = str(metadata.get("RequestId", ""))
        super().__init__(
            f"operation error {service}: {self.operation}, https response error "
            f"StatusCode: {self.status}, RequestID: {self.request_id}, "
            # The Go SDK marks the errors that the service's model does not describe.
            f"{'' if modelled else 'api error '}{self.code}: {self.message}"
        )
