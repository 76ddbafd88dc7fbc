"""Activities whose work is done elsewhere: notebooks, jobs, stored procedures. Simulated."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.azure.datafactory.runs.steps import (
    ActivityType,
    Done,
    Later,
    Outcome,
    Step,
)

NOTE = "The sandbox only lets time pass for this activity."
# How long each takes, in seconds; the others are quick.
_SECONDS = {
    "DatabricksNotebook": (45, 120), "DatabricksSparkPython": (45, 120),
    "DatabricksSparkJar": (45, 120), "DatabricksJob": (45, 150),
    "SynapseNotebook": (60, 180), "SparkJob": (60, 180),
    "AzureMLExecutePipeline": (120, 400), "AzureMLBatchExecution": (60, 240),
    "ExecuteDataFlow": (60, 240), "ExecuteWranglingDataflow": (60, 240),
    "ExecuteSSISPackage": (30, 120), "Custom": (20, 90),
    "HDInsightSpark": (60, 240), "HDInsightHive": (60, 240), "HDInsightPig": (60, 240),
    "HDInsightMapReduce": (60, 240), "HDInsightStreaming": (60, 240),
}  # fmt: skip
_QUICK = (2, 12)


class Computed(ActivityType):
    def begin(self, step: Step) -> Outcome:
        seconds = step.seconds(*_SECONDS.get(step.record.type, _QUICK))
        step.memory["seconds"] = seconds
        return Later(seconds)

    def resume(self, step: Step) -> Outcome:
        usual = {
            "effectiveIntegrationRuntime": "AutoResolveIntegrationRuntime (West Europe)",
            "executionDuration": round(step.memory["seconds"]),
            "durationInQueue": {"integrationRuntimeQueue": 0},
            "simulated": NOTE,
        }
        return Done({**_output(step), **usual})


def _output(step: Step) -> dict[str, Any]:
    kind, number = step.record.type, step.chance.randrange(1, 10_000)
    if kind.startswith("Databricks"):
        page = f"https://adb-sandbox.azuredatabricks.net/?o=0#job/{number}/run/1"
        return {"runPageUrl": page, "runOutput": ""}
    if kind == "SynapseNotebook":
        snapshot = {"id": step.record.id, "notebook": step.raw.get("notebook")}
        return {"status": {"Status": 1, "Output": {"status": "ok", "result": {
            "runStatus": "Succeeded", "exitValue": ""}}}, "snapshot": snapshot}  # fmt: skip
    if kind == "AzureMLExecutePipeline":
        page = f"https://ml.azure.com/experiments/sandbox/runs/{step.record.id}"
        return {"id": step.record.id, "status": "Finished", "runPageUrl": page}
    if kind == "AzureFunctionActivity":
        return {"Response": NOTE}
    if kind in ("Script", "SqlServerStoredProcedure"):
        return {"recordsAffected": 0}
    return {}
