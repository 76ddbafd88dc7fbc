"""Settings that deploy as they are on the sandbox, and on Google once both images are there."""

from __future__ import annotations

from typing import Any


def example() -> dict[str, Any]:
    return {
        "training": {
            "image": "europe-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest",
            "command": ["python", "-c"],
            "arguments": ["print('training with', '${input}')"],
            "machine_type": "n1-standard-4",
        },
        "delete_objects": True,
    }
