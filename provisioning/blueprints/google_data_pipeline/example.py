"""Settings that deploy as they are, on the sandbox and on Google: the words of King Lear, counted
by a template that Google provides."""

from __future__ import annotations

from typing import Any


def example() -> dict[str, Any]:
    return {
        "source": "template",
        "template_kind": "classic",
        "template": "gs://dataflow-templates/latest/Word_Count",
        "parameters": {
            "inputFile": "gs://dataflow-samples/shakespeare/kinglear.txt",
            "output": "gs://${bucket}/output/count",
        },
        "environment": {"machine_type": "n1-standard-1", "max_workers": 2},
        "delete_objects": True,
    }
