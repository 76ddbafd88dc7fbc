"""From the form to what a factory holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import names
from .activities import (
    Activity,
    CopyActivity,
    DatabricksActivity,
    ExecutePipelineActivity,
    Executing,
    ExistingCluster,
    ForEachActivity,
    IfActivity,
    NewCluster,
    Policy,
    SynapseActivity,
    WaitActivity,
    WebActivity,
)
from .authentication import BasicAuthentication, ManagedIdentity, WebAuthentication
from .copy_documents import Filled, copy_properties
from .documents import Documents, Properties
from .settings import InnerParameter, Parameter, Settings
from .values import typed, written, written_each

DAY_MINUTES = 24 * 60
# Of every pipeline: who asked for a run, so that nobody is served twice; what set it off.
CAUSE = "skyclock_cause"
OWN_PARAMETERS = {name: {"type": "String", "defaultValue": ""} for name in (names.TOKEN, CAUSE)}


def build(settings: Settings) -> Documents:
    """What the form's activities come to. Settings that `consistency` finds nothing wrong with."""
    return _Builder(settings).documents()


def filled_parameters(settings: Settings) -> Filled | None:
    by_filling = {each.filled_with: each.name for each in settings.parameters}
    if "FileName" in by_filling and "Folder" in by_filling:
        return Filled(file=by_filling["FileName"], folder=by_filling["Folder"])
    return None


class _Builder:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._filled = filled_parameters(settings)
        self._found = Documents()

    def documents(self) -> Documents:
        settings = self._settings
        self._found.pipeline = {
            "activities": self._activities(settings.activities),
            "parameters": {**_parameters(settings.parameters), **OWN_PARAMETERS},
            **({"concurrency": settings.concurrency} if settings.concurrency else {}),
        }
        for inner in settings.pipelines:
            self._found.inner[inner.name] = {
                "activities": self._activities(inner.activities),
                **({"parameters": found} if (found := _parameters(inner.parameters)) else {}),
            }
        return self._found

    def _activities(self, activities: Sequence[Activity]) -> list[Properties]:
        return [self._activity(each) for each in activities]

    def _activity(self, activity: Activity) -> Properties:
        return {
            "name": activity.name,
            **self._special(activity),
            **({"policy": _policy(activity.policy)} if isinstance(activity, Executing) else {}),
            "dependsOn": [
                {"activity": each.activity, "dependencyConditions": [each.on]}
                for each in activity.depends_on
            ],
        }

    def _special(self, activity: Activity) -> Properties:
        match activity:
            case WebActivity():
                return {"type": "WebActivity", "typeProperties": self._web(activity)}
            case CopyActivity():
                documents, filled = self._found, self._filled
                return {
                    "type": "Copy",
                    **copy_properties(activity, documents=documents, filled=filled),
                }
            case DatabricksActivity():
                return self._databricks(activity)
            case SynapseActivity():
                return self._synapse(activity)
            case ExecutePipelineActivity():
                return _execute(activity)
            case WaitActivity():
                return {"type": "Wait", "typeProperties": {"waitTimeInSeconds": activity.seconds}}
            case IfActivity():
                return self._if(activity)
            case ForEachActivity():
                return self._for_each(activity)
        raise TypeError(type(activity).__name__)

    def _web(self, activity: WebActivity) -> Properties:
        found: Properties = {"method": activity.method, "url": written(activity.url)}
        if activity.headers:
            found["headers"] = written_each(activity.headers)
        if activity.body:
            found["body"] = written(activity.body)
        authentication = self._authentication(activity.authentication)
        return {**found, **({"authentication": authentication} if authentication else {})}

    def _authentication(self, authentication: WebAuthentication) -> Properties | None:
        if isinstance(authentication, ManagedIdentity):
            return {"type": "MSI", "resource": authentication.resource}
        if isinstance(authentication, BasicAuthentication):
            return {
                "type": "Basic",
                "username": authentication.username,
                "password": self._found.secret(authentication.password),
            }
        return None

    def _databricks(self, activity: DatabricksActivity) -> Properties:
        service = self._found.databricks(
            activity.workspace_url, activity.authentication, _cluster(activity.cluster)
        )
        found: Properties = {"notebookPath": written(activity.notebook_path)}
        if activity.parameters:
            found["baseParameters"] = written_each(activity.parameters)
        return {
            "type": "DatabricksNotebook", "linkedServiceName": service, "typeProperties": found,
        }  # fmt: skip

    def _synapse(self, activity: SynapseActivity) -> Properties:
        found: Properties = {
            "notebook": {"referenceName": activity.notebook, "type": "NotebookReference"}
        }
        if activity.spark_pool:
            pool = {"referenceName": activity.spark_pool, "type": "BigDataPoolReference"}
            found["sparkPool"] = pool
        if activity.executors:
            found["numExecutors"] = activity.executors
        if activity.parameters:
            found["parameters"] = {
                name: {"value": written(text), "type": "string"}
                for name, text in activity.parameters.items()
            }
        service = self._found.synapse(activity.workspace)
        return {"type": "SynapseNotebook", "linkedServiceName": service, "typeProperties": found}

    def _if(self, activity: IfActivity) -> Properties:
        branches = {
            "ifTrueActivities": self._activities(activity.then),
            "ifFalseActivities": self._activities(activity.otherwise),
        }
        found = {name: inner for name, inner in branches.items() if inner}
        condition = written(activity.condition)
        return {"type": "IfCondition", "typeProperties": {"expression": condition, **found}}

    def _for_each(self, activity: ForEachActivity) -> Properties:
        found: Properties = {
            "items": written(activity.items),
            "isSequential": activity.sequential,
            "activities": self._activities(activity.activities),
        }
        if not activity.sequential:
            found["batchCount"] = activity.batch_count
        return {"type": "ForEach", "typeProperties": found}


def _execute(activity: ExecutePipelineActivity) -> Properties:
    found: Properties = {
        "pipeline": {"referenceName": activity.pipeline, "type": "PipelineReference"},
        "waitOnCompletion": activity.wait,
    }
    if activity.parameters:
        found["parameters"] = written_each(activity.parameters)
    return {"type": "ExecutePipeline", "typeProperties": found}


def _cluster(cluster: ExistingCluster | NewCluster) -> Properties:
    if isinstance(cluster, ExistingCluster):
        return {"existingClusterId": cluster.cluster_id}
    return {
        "newClusterVersion": cluster.version,
        "newClusterNodeType": cluster.node_type,
        "newClusterNumOfWorker": str(cluster.workers),
    }


def _policy(policy: Policy) -> Properties:
    days, rest = divmod(policy.timeout_minutes, DAY_MINUTES)
    return {
        "timeout": f"{days}.{rest // 60:02d}:{rest % 60:02d}:00",
        "retry": policy.retry,
        "retryIntervalInSeconds": policy.retry_interval_seconds,
        "secureInput": policy.secure_input,
        "secureOutput": policy.secure_output,
    }


def _parameters(parameters: Sequence[Parameter | InnerParameter]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in parameters:
        found[each.name] = {"type": each.type}
        if each.otherwise is not None:
            found[each.name]["defaultValue"] = typed(each.otherwise, each.type)
    return found
