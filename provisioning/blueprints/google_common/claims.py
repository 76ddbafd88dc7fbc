"""Starts by hand, each of which happens once, for calls that take no token.

Whoever starts a run first claims its token: an empty object of that name in the Pipeline's own
bucket, which Cloud Storage creates once and no second time. When Google has answered, the job's
name is written on it.

What is weak: when Skyclock dies between Google's answer and the writing, the job is there and
its claim does not name it. Where the job can be found otherwise (`again`) it is; else the token
starts nothing more, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.errors import AlreadyExists, CloudAway, CloudError, NotFound, NotPossible

from .calls import patient

JOB = "job"
UNMET = ("conditionNotMet", "412", "FAILED_PRECONDITION")
LEASE = timedelta(minutes=2)  # more than one start can take


class Claims:
    def __init__(self, session: Session, bucket: str, prefix: str) -> None:
        self._session = session
        self._bucket = bucket
        self._prefix = prefix

    def once(
        self, token: str, start: Callable[[], str], again: Callable[[], str | None] | None = None
    ) -> str:
        """The job that `start` gives, or that it gave when this token was first seen."""
        blob = self._blob(token)
        known = None if self._claimed(blob) else self._known(blob, again)
        if known is not None:
            return known
        try:
            job = start()
        except CloudAway:
            raise  # it may have been heard: the claim stays
        except CloudError:
            with cloud_errors("give the claim back"):
                blob.delete(**patient(blob.client))
            raise
        blob.metadata = {JOB: job}
        with cloud_errors("note what was started"):
            blob.patch(**patient(blob.client))
        return job

    def jobs(self) -> Mapping[str, datetime]:
        """Names of all jobs that were started by hand, and when; for as long as they are kept."""
        try:
            with cloud_errors("list what was started by hand"):
                storage = self._storage()
                found = storage.list_blobs(self._bucket, prefix=self._prefix, **patient(storage))
                return {
                    each.metadata[JOB]: each.time_created
                    for each in found
                    if JOB in (each.metadata or {})
                }
        except NotFound:
            return {}

    def _claimed(self, blob: Any) -> bool:
        try:
            with cloud_errors("claim the start"):
                blob.upload_from_string(b"", if_generation_match=0, **patient(blob.client))
        except AlreadyExists:
            return False
        except CloudError as error:
            if error.code in UNMET:
                return False
            raise
        return True

    def _known(self, blob: Any, again: Callable[[], str | None] | None) -> str | None:
        """None where it is certain that nothing was started."""
        with cloud_errors("see what was started"):
            blob.reload(**patient(blob.client))
        job = (blob.metadata or {}).get(JOB) or (again() if again else None)
        if job:
            return str(job)
        if again and self._session.now() - blob.time_created > LEASE:
            return None
        raise NotPossible(
            f"This start was begun at {blob.time_created:%Y-%m-%d %H:%M} UTC, and it is not known "
            "whether Google heard it. Look at the runs since; if there is none, start once more."
        )

    def _blob(self, token: str) -> Any:
        name = self._prefix + sha256(token.encode()).hexdigest()[:40]
        return self._storage().bucket(self._bucket).blob(name)

    def _storage(self) -> Any:
        return self._session.client("storage")
