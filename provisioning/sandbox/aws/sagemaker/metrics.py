"""The metrics of a training job, and log lines that they could be read from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.sagemaker.chance import metric_value

# What the built-in XGBoost reports when nothing else is asked for.
_XGBOOST_METRICS = {"binary": "logloss", "multi": "mlogloss"}


def final_metrics(request: Mapping[str, Any], job: str, time: float) -> list[dict[str, Any]]:
    """FinalMetricDataList."""
    return [
        {"MetricName": name, "Value": metric_value(name, job), "Timestamp": time}
        for name in metric_names(request)
    ]


def metric_names(request: Mapping[str, Any]) -> list[str]:
    definitions = request.get("AlgorithmSpecification", {}).get("MetricDefinitions")
    if definitions:
        return [definition["Name"] for definition in definitions]
    image = request.get("AlgorithmSpecification", {}).get("TrainingImage", "")
    if "xgboost" not in image:
        return ["train:loss", "validation:accuracy"]
    parameters = request.get("HyperParameters", {})
    objective = str(parameters.get("objective", "")).split(":")[0]
    metric = parameters.get("eval_metric") or _XGBOOST_METRICS.get(objective, "rmse")
    channels = {channel["ChannelName"] for channel in request.get("InputDataConfig", [])}
    return [f"{each}:{metric}" for each in ("train", "validation") if each in {"train"} | channels]


def epoch_lines(request: Mapping[str, Any], job: str, *, epochs: int) -> list[str]:
    """One line per epoch and metric, the last with the final values."""
    patterns = {
        definition["Name"]: definition["Regex"]
        for definition in request.get("AlgorithmSpecification", {}).get("MetricDefinitions") or []
    }
    lines = []
    for epoch in range(1, epochs + 1):
        for name in metric_names(request):
            final = metric_value(name, job)
            distance = (0.5 if final < 0.5 else -0.3) * (epochs - epoch) / epochs
            value = f"{final + distance:.4f}"
            lines.append(f"[{epoch}] {_metric_line(name, patterns.get(name), value)}")
    return lines


def _metric_line(name: str, pattern: str | None, value: str) -> str:
    """Text in which the job's own regular expression finds the value, where that is easy."""
    plain = f"{name}={value}"
    if not pattern:
        return plain
    made = re.sub(r"\\(.)", r"\1", re.sub(r"\((?:\\.|[^()])*\)", value, pattern, count=1))
    try:
        found = re.search(pattern, made)
    except re.error:
        return plain
    return made if found and found.groups() and found.group(1) == value else plain
