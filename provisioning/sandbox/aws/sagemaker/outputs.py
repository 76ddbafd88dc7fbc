"""What a job leaves in S3: small, but real, so that later steps find it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.objects import Address, Objects
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sagemaker.records import Job

_LARGEST_COPY = 1024 * 1024
_WITHOUT_INPUT = b"feature,label\n0.1,0\n0.9,1\n"


class UploadFailed(Exception):
    """The text is the job's FailureReason."""


def model_artifacts(job: Job) -> str:
    """Where a training job puts its model."""
    folder = job.request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    return f"{folder}/{job.name}/output/model.tar.gz"


def upload(job: Job, objects: Objects, session: Session) -> None:
    """Write the job's outputs; raises UploadFailed."""
    try:
        for address, body in _outputs(job, objects, session):
            objects.write(address, body, session)
    except AwsError as error:
        what = "Artifact" if job.kind == "training" else "Data"
        raise UploadFailed(f"ClientError: {what} upload failed:{error.message}") from error


def _outputs(job: Job, objects: Objects, session: Session) -> Iterator[tuple[Address, bytes]]:
    if job.kind == "training":
        yield Address.parse(model_artifacts(job)), _model(job)
    elif job.kind == "processing":
        yield from _processing_outputs(job, objects, session)
    else:
        folder = Address.parse(job.request["TransformOutput"]["S3OutputPath"])
        for uri in job.read:
            name = uri.rpartition("/")[2]
            yield folder.under(f"{name}.out"), _copy(uri, objects, session)


def _processing_outputs(
    job: Job, objects: Objects, session: Session
) -> Iterator[tuple[Address, bytes]]:
    """Each output gets its property files, or the first input as a file of its name."""
    body = _copy(job.read[0], objects, session) if job.read else _WITHOUT_INPUT
    files = job.step.property_files if job.step else []
    for output in job.request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "S3Output" not in output:
            continue
        folder = Address.parse(output["S3Output"]["S3Uri"])
        name = output["OutputName"]
        own = [(path, text) for output_name, path, text in files if output_name == name]
        for path, text in own:
            yield folder.under(path), text.encode()
        if not own:
            yield folder.under(f"{name}.csv"), body


def _copy(uri: str, objects: Objects, session: Session) -> bytes:
    """What was downloaded; it may have been deleted since."""
    try:
        return objects.read(Address.parse(uri), session)[:_LARGEST_COPY]
    except AwsError:
        return _WITHOUT_INPUT


def _model(job: Job) -> bytes:
    """A model.tar.gz with a description of the model."""
    text = json.dumps(
        {"job": job.name, "hyperparameters": job.request.get("HyperParameters", {})}, indent=2
    ).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo("model.json")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return file.getvalue()
