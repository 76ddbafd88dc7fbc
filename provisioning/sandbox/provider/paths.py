"""Property paths as the engine writes them: `target.retryPolicy`, `steps[0]`, `tags["a.b"]`."""

from __future__ import annotations

import re

from provisioning.sandbox.provider.values import Path


def written(path: Path) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def covers(outer: str, inner: str) -> bool:
    """Whether the path `inner` is `outer`, or lies below it."""
    if inner == outer or outer == "*":
        return True
    return inner.startswith((f"{outer}.", f"{outer}["))


def snake(name: str) -> str:
    """`delaySeconds` as the cloud provider's own messages write it: `delay_seconds`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
