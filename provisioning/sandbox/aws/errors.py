"""Errors as AWS answers them."""

from __future__ import annotations


class AwsError(Exception):
    """`code` and `message` are the words of AWS; `status` is the HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)
