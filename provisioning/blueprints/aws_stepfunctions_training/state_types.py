"""What Amazon States Language knows: types of states and what may stand in each.

https://states-language.net/spec.html and the developer guide of Step Functions. What is here is
checked before AWS is asked; the rest AWS says when it is deployed.
"""

from __future__ import annotations

MACHINE = frozenset(
    (
        "Comment",
        "StartAt",
        "States",
        "Version",
        "TimeoutSeconds",
        "QueryLanguage",
        "ProcessorConfig",
    )
)
COMMON = frozenset(("Type", "Comment", "QueryLanguage", "InputPath", "OutputPath", "Output"))
ONWARD = frozenset(("Next", "End", "Assign"))
WORK = frozenset(("Arguments", "Parameters", "ResultSelector", "ResultPath", "Retry", "Catch"))

FIELDS: dict[str, frozenset[str]] = {
    "Task": ONWARD
    | WORK
    | {"Resource", "Credentials", "TimeoutSeconds", "TimeoutSecondsPath"}
    | {"HeartbeatSeconds", "HeartbeatSecondsPath"},
    "Pass": ONWARD | {"Result", "Parameters", "ResultPath"},
    "Wait": ONWARD | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Choice": frozenset(("Choices", "Default", "Assign")),
    "Succeed": frozenset(),
    "Fail": frozenset(("Error", "ErrorPath", "Cause", "CausePath")),
    "Parallel": ONWARD | WORK | {"Branches"},
    "Map": ONWARD
    | WORK
    | {"ItemProcessor", "Iterator", "Items", "ItemsPath", "ItemSelector", "ItemReader"}
    | {"ItemBatcher", "ResultWriter", "Label", "MaxConcurrency", "MaxConcurrencyPath"}
    | {"ToleratedFailureCount", "ToleratedFailureCountPath"}
    | {"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"},
}
ENDS = frozenset(("Succeed", "Fail"))

# One of each has to be there.
WANTED: dict[str, tuple[tuple[str, ...], ...]] = {
    "Task": (("Resource",),),
    "Wait": (("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),),
    "Choice": (("Choices",),),
    "Parallel": (("Branches",),),
    "Map": (("ItemProcessor", "Iterator"),),
}
LONGEST_NAME = 80
