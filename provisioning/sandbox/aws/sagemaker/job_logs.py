"""The CloudWatch log of a job."""

from __future__ import annotations

from provisioning.sandbox.aws.logs import Line, Logs
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.sagemaker.inputs import input_uris
from provisioning.sandbox.aws.sagemaker.metrics import epoch_lines
from provisioning.sandbox.aws.sagemaker.records import Job

_GROUPS = {
    "training": "/aws/sagemaker/TrainingJobs",
    "processing": "/aws/sagemaker/ProcessingJobs",
    "transform": "/aws/sagemaker/TransformJobs",
}
_EPOCHS = 5


def write_log(logs: Logs, job: Job, session: Session) -> None:
    """Written when the job is over, its lines timed as the container would have said them.

    A job that failed before its container ran has no log, as on AWS.
    """
    started = job.reached("Training")
    if started is None:
        return
    ended = job.reached("Uploading") or job.stage.time
    texts = _lines(job)
    pause = (ended - started) / len(texts)
    lines: list[Line] = [(started + n * pause, text) for n, text in enumerate(texts)]
    logs.write(
        job.place,
        group=_GROUPS[job.kind],
        stream=f"{job.name}/algo-1-{int(started)}",
        lines=lines,
        session=session,
    )


def _lines(job: Job) -> list[str]:
    opening = [f"Container of {job.kind} job {job.name} started"]
    opening += [f"Input: {uri}" for uri in input_uris(job)]
    if job.kind == "training":
        opening += epoch_lines(job.request, job.name, epochs=_EPOCHS)
    closing = f"Reporting {job.kind} SUCCESS" if job.status == "Completed" else f"Job {job.status}"
    return [*opening, closing]
