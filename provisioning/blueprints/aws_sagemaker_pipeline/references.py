"""`${…}` in a text field: a value that is known only when the pipeline runs.

    ${Parameters.InputData}           a parameter of the pipeline
    ${Steps.prepare.Outputs.train}    where a processing step writes an output
    ${Steps.train.Model}              the model that a training step made
    ${Execution.PipelineExecutionId}  about the run itself

Any other `${…}` is left alone: it may be a shell's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# sagemaker.workflow.execution_variables, also listed in the developer guide.
EXECUTION_VARIABLES = (
    "StartDateTime",
    "CurrentDateTime",
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "TrainingJobName",
    "ProcessingJobName",
)

_PLACE = re.compile(r"\$\{((?:Parameters|Steps|Execution)\.[^${}]*)\}")
_STEP_PART = re.compile(r"(?P<name>[A-Za-z0-9_-]+)\.(?:Outputs\.(?P<output>[A-Za-z0-9_-]+)|Model)")


@dataclass(frozen=True)
class Reference:
    """What stands between the braces."""

    text: str

    @property
    def parameter(self) -> str | None:
        return self._after("Parameters.")

    @property
    def variable(self) -> str | None:
        return self._after("Execution.")

    @property
    def step(self) -> str | None:
        """The step's name, also where the rest is not understood."""
        rest = self._after("Steps.")
        return rest.split(".")[0] if rest is not None else None

    @property
    def output(self) -> str | None:
        found = self._step_part()
        return found["output"] if found else None

    @property
    def understood(self) -> bool:
        return self.step is None or self._step_part() is not None

    def path(self) -> str:
        """As SageMaker's `Get` wants it."""
        if self.step is None:
            return self.text
        if self.output:
            outputs = f"ProcessingOutputConfig.Outputs['{self.output}']"
            return f"Steps.{self.step}.{outputs}.S3Output.S3Uri"
        return f"Steps.{self.step}.ModelArtifacts.S3ModelArtifacts"

    def _after(self, start: str) -> str | None:
        return self.text.removeprefix(start) if self.text.startswith(start) else None

    def _step_part(self) -> re.Match[str] | None:
        return _STEP_PART.fullmatch(self.text.removeprefix("Steps."))


def pieces(text: str) -> list[str | Reference]:
    parts = _PLACE.split(text)
    found = [Reference(part) if at % 2 else part for at, part in enumerate(parts)]
    return [piece for piece in found if piece != ""]


def references(text: str) -> list[Reference]:
    return [piece for piece in pieces(text) if isinstance(piece, Reference)]


def expression(text: str, kinds: Mapping[str, str]) -> Any:
    """The text in SageMaker's form. `kinds` are the parameters' types: only a String can
    stand where a text is wanted, the others have to be joined into one."""
    found = pieces(text)
    if not any(isinstance(piece, Reference) for piece in found):
        return text
    values = [{"Get": p.path()} if isinstance(p, Reference) else p for p in found]
    only = found[0]
    if len(found) == 1 and isinstance(only, Reference) and _is_text(only, kinds):
        return values[0]
    return {"Std:Join": {"On": "", "Values": values}}


def _is_text(reference: Reference, kinds: Mapping[str, str]) -> bool:
    return reference.parameter is None or kinds.get(reference.parameter, "String") == "String"
