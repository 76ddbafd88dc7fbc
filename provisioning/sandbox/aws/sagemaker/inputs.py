"""What a job reads from S3, and how it fails when it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.objects import Address, Objects
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sagemaker.records import Job


class DownloadFailed(Exception):
    """The text is the job's FailureReason."""


def input_uris(job: Job) -> Iterator[str]:
    request = job.request
    if job.kind == "training":
        for channel in request.get("InputDataConfig", []):
            yield from _s3_uri(channel["DataSource"])
    elif job.kind == "processing":
        for item in request.get("ProcessingInputs", []):
            if "S3Input" in item:
                yield item["S3Input"]["S3Uri"]
    else:
        yield from _s3_uri(request["TransformInput"]["DataSource"])


def _s3_uri(source: Mapping[str, Any]) -> Iterator[str]:
    if "S3DataSource" in source:
        yield source["S3DataSource"]["S3Uri"]


def require_training_inputs(job: Job, objects: Objects, session: Session) -> None:
    """CreateTrainingJob looks for its inputs before it answers."""
    for uri in input_uris(job):
        address = Address.parse(uri)
        if not _listed(address, objects, session):
            raise validation(
                f'No S3 objects found under S3 URL "{uri}" given in input data source. Please '
                f"ensure that the bucket exists in the selected region ({job.region}), that "
                f'objects exist under that S3 prefix, and that the role "{session.role_arn}" has '
                f'"s3:ListBucket" permissions on bucket "{address.bucket}".'
            )


def _listed(address: Address, objects: Objects, session: Session) -> bool:
    try:
        return objects.exists(address, session)
    except AwsError:
        return False


def download(job: Job, objects: Objects, session: Session) -> list[str]:
    """URIs of what the job reads, one of each input (all of a transform job's).

    Raises DownloadFailed.
    """
    read: list[str] = []
    for uri in input_uris(job):
        address = Address.parse(uri)
        try:
            found = [each] if (each := objects.sample(address, session)) else []
            if found and job.kind == "transform":
                found = objects.list(address, session)
        except AwsError as error:
            raise DownloadFailed(
                f"ClientError: Data download failed:Failed to download data. {error.message}"
            ) from error
        if not found:
            raise DownloadFailed(
                f"ClientError: Data download failed:S3 key: {uri} matched no files on s3"
            )
        read += [each.uri for each in found]
    return read
