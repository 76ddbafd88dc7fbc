"""A form of steps as a SageMaker pipeline definition of schema version 2020-12-01.

The published schema:
https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .references import expression
from .settings import PipelineParameter, Settings
from .steps import (
    ConditionStep,
    FailStep,
    JobForm,
    MetricValue,
    ProcessingInput,
    ProcessingOutput,
    ProcessingStep,
    RegisterModelStep,
    Step,
    TrainingStep,
)
from .values import typed

VERSION = "2020-12-01"


def definition_text(settings: Settings, role_arn: str) -> str:
    """What is deployed: the pasted text as it is, or the form's steps."""
    if settings.source == "definition":
        return settings.definition
    return json.dumps(build(settings, role_arn), indent=2, ensure_ascii=False)


def build(settings: Settings, role_arn: str) -> dict[str, Any]:
    builder = _Builder(settings, role_arn)
    return {
        "Version": VERSION,
        "Metadata": {},
        # Without this SageMaker makes an experiment and a trial for every run.
        "PipelineExperimentConfig": None,
        "Parameters": [_parameter(each) for each in settings.parameters],
        "Steps": builder.top_steps(),
    }


def _parameter(parameter: PipelineParameter) -> dict[str, Any]:
    found: dict[str, Any] = {"Name": parameter.name, "Type": parameter.type}
    if parameter.default is not None:
        found["DefaultValue"] = typed(parameter.default, parameter.type)
    if parameter.enum:
        found["EnumValues"] = parameter.enum
    return found


class _Builder:
    def __init__(self, settings: Settings, role_arn: str) -> None:
        self.role_arn = role_arn
        self.steps = {step.name: step for step in settings.steps}
        self.types: Mapping[str, str] = {each.name: each.type for each in settings.parameters}

    def top_steps(self) -> list[dict[str, Any]]:
        inside = {
            name
            for step in self.steps.values()
            if isinstance(step, ConditionStep)
            for name in (*step.then_steps, *step.else_steps)
        }
        return [self.step(step) for name, step in self.steps.items() if name not in inside]

    def step(self, step: Step) -> dict[str, Any]:
        if isinstance(step, ProcessingStep):
            kind, arguments = "Processing", self.processing(step)
        elif isinstance(step, TrainingStep):
            kind, arguments = "Training", self.training(step)
        elif isinstance(step, RegisterModelStep):
            kind, arguments = "RegisterModel", self.register_model(step)
        elif isinstance(step, ConditionStep):
            kind, arguments = "Condition", self.condition(step)
        else:
            kind, arguments = "Fail", self.fail(step)
        found = {"Name": step.name, "Type": kind, "Arguments": arguments}
        return found | ({"DependsOn": step.depends_on} if step.depends_on else {})

    def processing(self, step: ProcessingStep) -> dict[str, Any]:
        app: dict[str, Any] = {"ImageUri": self.text(step.image)}
        if step.entrypoint:
            app["ContainerEntrypoint"] = [self.text(each) for each in step.entrypoint]
        if step.arguments:
            app["ContainerArguments"] = [self.text(each) for each in step.arguments]
        arguments: dict[str, Any] = {
            "ProcessingResources": {"ClusterConfig": self.cluster(step)},
            "AppSpecification": app,
            "RoleArn": self.role_arn,
            "StoppingCondition": {"MaxRuntimeInSeconds": step.max_runtime_seconds},
            "ProcessingInputs": [self.input(each) for each in step.inputs],
        }
        if step.outputs:
            arguments["ProcessingOutputConfig"] = {
                "Outputs": [self.output(each) for each in step.outputs]
            }
        return arguments | self.table("Environment", step.environment)

    def input(self, input: ProcessingInput) -> dict[str, Any]:
        place = {
            "S3Uri": self.text(input.source),
            "LocalPath": input.path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        return {"InputName": input.name, "S3Input": place}

    def output(self, output: ProcessingOutput) -> dict[str, Any]:
        place = {
            "S3Uri": self.text(output.destination),
            "LocalPath": output.path,
            "S3UploadMode": "EndOfJob",
        }
        return {"OutputName": output.name, "S3Output": place}

    def training(self, step: TrainingStep) -> dict[str, Any]:
        algorithm: dict[str, Any] = {
            "TrainingImage": self.text(step.image),
            "TrainingInputMode": step.input_mode,
        }
        if metrics := [each for each in step.metrics if each.regex]:
            algorithm["MetricDefinitions"] = [
                {"Name": each.name, "Regex": each.regex} for each in metrics
            ]
        arguments: dict[str, Any] = {
            "AlgorithmSpecification": algorithm,
            "RoleArn": self.role_arn,
            "OutputDataConfig": {"S3OutputPath": self.text(step.output)},
            "ResourceConfig": self.cluster(step),
            "StoppingCondition": {"MaxRuntimeInSeconds": step.max_runtime_seconds},
        }
        if step.channels:
            arguments["InputDataConfig"] = [
                self.channel(each.name, each.source, each.content_type) for each in step.channels
            ]
        return arguments | self.table("HyperParameters", step.hyperparameters)

    def channel(self, name: str, source: str, content_type: str | None) -> dict[str, Any]:
        place = {
            "S3DataType": "S3Prefix",
            "S3Uri": self.text(source),
            "S3DataDistributionType": "FullyReplicated",
        }
        found = {"ChannelName": name, "DataSource": {"S3DataSource": place}}
        return found | ({"ContentType": self.text(content_type)} if content_type else {})

    def register_model(self, step: RegisterModelStep) -> dict[str, Any]:
        source = self.steps[step.training_step]
        image = step.image or (source.image if isinstance(source, JobForm) else "")
        inference: dict[str, Any] = {
            "Containers": [
                {
                    "Image": self.text(image),
                    "ModelDataUrl": self.text(f"${{Steps.{step.training_step}.Model}}"),
                }
            ],
            "SupportedContentTypes": step.content_types,
            "SupportedResponseMIMETypes": step.response_types,
        }
        for key, types in (
            ("SupportedRealtimeInferenceInstanceTypes", step.inference_instance_types),
            ("SupportedTransformInstanceTypes", step.transform_instance_types),
        ):
            if types:
                inference[key] = [self.text(each) for each in types]
        return {
            "ModelPackageGroupName": step.group,
            "ModelApprovalStatus": step.approval,
            "InferenceSpecification": inference,
        }

    def condition(self, step: ConditionStep) -> dict[str, Any]:
        if isinstance(step.left, MetricValue):
            path = f"Steps.{step.left.step}.FinalMetricDataList['{step.left.metric}'].Value"
            kind = "Float"
        else:
            path = f"Parameters.{step.left.parameter}"
            kind = self.types[step.left.parameter]
        right = expression(step.right, dict.fromkeys(self.types, "String"))
        comparison = {
            "Type": step.operator,
            "LeftValue": {"Get": path},
            "RightValue": typed(right, kind) if isinstance(right, str) else right,
        }
        return {
            "Conditions": [comparison],
            "IfSteps": [self.step(self.steps[name]) for name in step.then_steps],
            "ElseSteps": [self.step(self.steps[name]) for name in step.else_steps],
        }

    def fail(self, step: FailStep) -> dict[str, Any]:
        return {"ErrorMessage": self.text(step.message)}

    def cluster(self, step: JobForm) -> dict[str, Any]:
        return {
            "InstanceType": self.text(step.instance_type),
            "InstanceCount": step.instance_count,
            "VolumeSizeInGB": step.volume_gb,
        }

    def table(self, key: str, values: Mapping[str, str]) -> dict[str, Any]:
        return {key: {name: self.text(value) for name, value in values.items()}} if values else {}

    def text(self, text: str) -> Any:
        return expression(text, self.types)
