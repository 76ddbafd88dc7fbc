"""The types of activities that Data Factory has, and what each needs in its typeProperties.

https://learn.microsoft.com/en-us/rest/api/datafactory/pipelines/create-or-update
"""

from __future__ import annotations

LOOPS = ("ForEach", "Until")
BRANCHES = ("IfCondition", "Switch")
INNER = ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities")

ACTIVITIES: dict[str, tuple[str, ...]] = {
    "AppendVariable": (),
    "AzureDataExplorerCommand": ("command",),
    "AzureFunctionActivity": ("functionName", "method"),
    "AzureMLBatchExecution": (),
    "AzureMLExecutePipeline": (),
    "AzureMLUpdateResource": (
        "trainedModelFilePath",
        "trainedModelLinkedServiceName",
        "trainedModelName",
    ),
    "Copy": ("sink", "source"),
    "Custom": ("command",),
    "DataLakeAnalyticsU-SQL": ("scriptLinkedService", "scriptPath"),
    "DatabricksJob": ("jobId",),
    "DatabricksNotebook": ("notebookPath",),
    "DatabricksSparkJar": ("mainClassName",),
    "DatabricksSparkPython": ("pythonFile",),
    "Delete": ("dataset",),
    "ExecuteDataFlow": ("dataFlow",),
    "ExecutePipeline": ("pipeline",),
    "ExecuteSSISPackage": ("connectVia", "packageLocation"),
    "ExecuteWranglingDataflow": ("dataFlow",),
    "Fail": ("errorCode", "message"),
    "Filter": ("condition", "items"),
    "ForEach": ("activities", "items"),
    "GetMetadata": ("dataset",),
    "HDInsightHive": (),
    "HDInsightMapReduce": ("className", "jarFilePath"),
    "HDInsightPig": (),
    "HDInsightSpark": ("entryFilePath", "rootPath"),
    "HDInsightStreaming": ("filePaths", "input", "mapper", "output", "reducer"),
    "IfCondition": ("expression",),
    "Lookup": ("dataset", "source"),
    "Script": (),
    "SetVariable": (),
    "SparkJob": ("configurationType", "sparkJob"),
    "SqlServerStoredProcedure": ("storedProcedureName",),
    "Switch": ("on",),
    "SynapseNotebook": ("notebook",),
    "Until": ("activities", "expression"),
    "Validation": ("dataset",),
    "Wait": ("waitTimeInSeconds",),
    "WebActivity": ("method", "url"),
    "WebHook": ("method", "url"),
}
