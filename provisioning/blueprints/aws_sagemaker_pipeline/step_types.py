"""The step types of a pipeline definition and what each cannot do without.

From the published schema of version 2020-12-01 and from what the vendor's SDK writes; where
the two differ, both are accepted. Types of SageMaker's API carry the rest of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepType:
    """`arguments` and `keys`: each entry lists names of which one has to be there."""

    arguments: tuple[tuple[str, ...], ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()


def _one(*names: str) -> tuple[tuple[str, ...], ...]:
    return tuple((name,) for name in names)


PROCESSING = _one("ProcessingResources", "AppSpecification")

STEP_TYPES: dict[str, StepType] = {
    "Processing": StepType(PROCESSING),
    "Training": StepType(
        (
            ("AlgorithmSpecification", "ServerlessJobConfig"),
            ("ResourceConfig", "ServerlessJobConfig"),
            ("OutputDataConfig",),
        )
    ),
    "Transform": StepType(
        _one("ModelName", "TransformInput", "TransformOutput", "TransformResources")
    ),
    "Tuning": StepType(
        (("HyperParameterTuningJobConfig",), ("TrainingJobDefinition", "TrainingJobDefinitions"))
    ),
    "AutoML": StepType(_one("AutoMLJobConfig", "InputDataConfig", "OutputDataConfig")),
    "Model": StepType((("PrimaryContainer", "Containers"),)),
    "RegisterModel": StepType(
        (
            ("ModelPackageGroupName", "ModelPackageName"),
            ("InferenceSpecification", "SourceAlgorithmSpecification", "SourceUri"),
        )
    ),
    "Condition": StepType(_one("Conditions")),
    "Fail": StepType(_one("ErrorMessage")),
    "Lambda": StepType(keys=_one("FunctionArn")),
    "Callback": StepType(keys=_one("SqsQueueUrl")),
    "ClarifyCheck": StepType(PROCESSING, _one("CheckType")),
    "QualityCheck": StepType(PROCESSING, _one("CheckType")),
    "EMR": StepType((("StepConfig",), ("ClusterId", "ClusterConfig"))),
    "EMRServerless": StepType(),
    "Endpoint": StepType((("EndpointConfigName", "ProductionVariants"),)),
    "EndpointConfig": StepType(_one("ProductionVariants")),
}

# Lambda and Callback steps have Arguments only when something is handed over.
WITHOUT_ARGUMENTS = frozenset({"Lambda", "Callback"})

COMPARISONS = (
    "Equals",
    "NotEquals",
    "GreaterThan",
    "GreaterThanOrEqualTo",
    "LessThan",
    "LessThanOrEqualTo",
)

CONDITIONS: dict[str, StepType] = {
    **{name: StepType(keys=_one("LeftValue", "RightValue")) for name in COMPARISONS},
    "In": StepType(keys=(("Value", "QueryValue"), ("In", "Values"))),
    "NotIn": StepType(keys=(("Value", "QueryValue"), ("In", "Values"))),
    "Not": StepType(keys=_one("Condition")),
    "Or": StepType(keys=_one("Conditions")),
}

PARAMETER_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}

TOP_LEVEL = frozenset(
    {"Version", "Metadata", "Parameters", "PipelineExperimentConfig", "MlflowConfig", "Steps"}
)
