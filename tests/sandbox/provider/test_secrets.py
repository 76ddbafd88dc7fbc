"""A value that the program calls secret stays one, all the way into the state."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pytest

from tests.sandbox.provider.inline_stack import InlineStack

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]


def program() -> None:
    aws.sqs.Queue("queue", tags={"plain": "seen", "hidden": pulumi.Output.secret("hush-hush")})


def test_a_secret_is_sealed_in_inputs_and_outputs(stack: InlineStack) -> None:
    stack.preview(program)
    stack.up(program)
    stack.refresh()
    assert stack.up(program) == {"same": 2}
    files = [path.read_text() for path in (stack.folder / "state").rglob("*.json")]
    assert files
    assert not any("hush-hush" in text for text in files)
    assert any("seen" in text for text in files)
    assert not any("hush-hush" in str(event) for event in stack.events)
