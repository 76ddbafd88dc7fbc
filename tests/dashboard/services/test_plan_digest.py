from __future__ import annotations

from typing import Any

from dashboard.models import Pipeline
from dashboard.services import pipelines, plans


def test_the_order_of_names_is_no_change(pipeline: Pipeline) -> None:
    assert pipeline.current_version
    spec = pipelines.spec_for(pipeline, pipeline.current_version)
    turned = dict(reversed(spec.settings.items()))
    assert list(turned) != list(spec.settings)
    assert plans.digest(spec.model_copy(update={"settings": turned})) == plans.digest(spec)


def test_every_value_that_the_program_sees_counts(pipeline: Pipeline) -> None:
    assert pipeline.current_version
    spec = pipelines.spec_for(pipeline, pipeline.current_version)
    (trigger,) = spec.triggers
    others: list[dict[str, Any]] = [
        {"settings": {**spec.settings, "definition": " "}},
        {"triggers": (trigger.model_copy(update={"paused": True}),)},
        {"region": "eu-west-3"},
        {"name": "Renamed"},
    ]
    digests = {plans.digest(spec.model_copy(update=each)) for each in [{}, *others]}
    assert len(digests) == 5
    assert plans.digest(spec.model_copy(update={"outputs": {"a": 1}})) == plans.digest(spec)
