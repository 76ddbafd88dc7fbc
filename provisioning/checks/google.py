"""Google: lists are read, runs are read, and the project is asked which of the permissions the
caller has. Everybody may ask that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.blueprints.google_common.troubles import account_member, binding, role_with
from provisioning.checks.answers import Who, counted, failed, listed, passed
from provisioning.checks.google_members import member_of
from provisioning.clouds import cloud_errors
from provisioning.clouds.google import GoogleSession
from provisioning.clouds.session import Session
from provisioning.contracts import Access, Check
from provisioning.errors import CloudError, PermissionDenied

AT_ONCE = 100  # https://cloud.google.com/resource-manager/reference/rest/v3/projects
DISABLED = "SERVICE_DISABLED"


@dataclass(frozen=True)
class Listed:
    service: str
    collection: tuple[str, ...]
    key: str
    what: str
    permission: str
    parent: str = "projects/{project}/locations/{region}"


LISTS = (
    Listed("datapipelines", ("projects", "locations", "pipelines"), "pipelines", "data pipeline",
           "datapipelines.pipelines.list"),
    Listed("eventarc", ("projects", "locations", "triggers"), "triggers", "Eventarc trigger",
           "eventarc.triggers.list"),
    Listed("run", ("projects", "locations", "services"), "services", "Cloud Run service",
           "run.services.list"),
)  # fmt: skip


def examiner(access: Access, session: Session) -> GoogleExaminer:
    assert isinstance(session, GoogleSession)
    return GoogleExaminer(session, member_of(access))


class GoogleExaminer:
    def __init__(self, session: GoogleSession, member: str) -> None:
        self._session = session
        self._member = member  # as policies name it
        self._pipelines: list[dict[str, Any]] = []

    def whoami(self) -> Who:
        account = str(self._session.project()["projectId"])
        return Who(account=account, name=self._name or self._session.identity())

    @property
    def _name(self) -> str:
        return self._member.removeprefix("serviceAccount:")

    def region(self) -> Check:
        region = self._session.region
        try:
            self._listed(LISTS[0])
        except PermissionDenied as error:
            if error.code == DISABLED:
                return self._disabled("region", [LISTS[0].service])
        except CloudError as error:
            if error.permanent:
                return failed("region", f"Google has no Data Pipelines in {region}: {error}")
            raise
        return passed("region", f"Data Pipelines answers in {region}.")

    def listing(self) -> Check:
        counts, missing, disabled = [], [], []
        for each in LISTS:
            try:
                found, more = self._listed(each)
            except PermissionDenied as error:
                if error.code == DISABLED:
                    disabled.append(each.service)
                else:
                    missing.append(each.permission)
            else:
                counts.append(counted(len(found), each.what, more=more))
                self._pipelines = found if each is LISTS[0] else self._pipelines
        if missing:
            return self._lacking("list", missing)
        if disabled:
            return self._disabled("list", disabled)
        return passed("list", f"Sees {listed(counts)}.")

    def read_runs(self, needed: Sequence[str]) -> Check:
        missing = [each for each, call in self._reads() if _is_refused(call)]
        return self._may("read_runs", needed, "Runs can be read", missing=missing)

    def start(self, needed: Sequence[str]) -> Check:
        return self._may("start", needed, "Runs can be started and stopped")

    def deploy(self, needed: Sequence[str]) -> Check:
        return self._may("deploy", needed, "Pipelines can be deployed, service accounts included")

    def _may(
        self, name: str, needed: Sequence[str], good: str, *, missing: Iterable[str] = ()
    ) -> Check:
        has, untold = self._tested(needed)
        lacking = [*missing, *(each for each in needed if each not in has | untold)]
        if lacking:
            return self._lacking(name, lacking)
        also = f" Google does not tell of {listed(sorted(untold))}." if untold else ""
        return passed(name, f"{good}: {len(has)} of {len(needed)} permissions are given.{also}")

    def _tested(self, needed: Sequence[str]) -> tuple[set[str], set[str]]:
        """Those that the caller has, and those that a project cannot be asked about."""
        has: set[str] = set()
        untold: set[str] = set()
        for begin in range(0, len(needed), AT_ONCE):
            group = list(needed[begin : begin + AT_ONCE])
            try:
                has |= self._given(group)
            except CloudError as error:
                if not error.permanent or isinstance(error, PermissionDenied):
                    raise
                for each in group:  # it refuses the whole for one that it does not know
                    self._one(each, has, untold)
        return has, untold

    def _one(self, permission: str, has: set[str], untold: set[str]) -> None:
        try:
            has |= self._given([permission])
        except CloudError as error:
            if not error.permanent or isinstance(error, PermissionDenied):
                raise
            untold.add(permission)

    def _given(self, permissions: list[str]) -> set[str]:
        projects = self._session.client("cloudresourcemanager").projects()
        with cloud_errors("see which permissions are given"):
            answer = projects.testIamPermissions(
                resource=f"projects/{self._session.account}", body={"permissions": permissions}
            ).execute()
        return set(answer.get("permissions", ()))

    def _lacking(self, name: str, missing: Iterable[str]) -> Check:
        found = list(dict.fromkeys(missing))
        roles = dict.fromkeys(filter(None, map(role_with, found)))
        add = "\n".join(
            binding(each, self._member or account_member(""), self._session.account)
            for each in roles
        )
        message = (
            f"{self._name or 'The account'} lacks {listed(found)} in the project. Give it the role"
        )
        message += f"{'s' if len(roles) > 1 else ''} below; it counts after up to two minutes."
        return failed(name, message, missing=found, add=add)

    def _disabled(self, name: str, services: Sequence[str]) -> Check:
        apis = " ".join(f"{each}.googleapis.com" for each in services)
        message = f"The project has not switched on {listed(services)}. Enable it."
        add = f"gcloud services enable {apis} --project={self._session.account}"
        return failed(name, message, add=add)

    def _listed(self, each: Listed) -> tuple[list[dict[str, Any]], bool]:
        collection = self._session.client(each.service)
        for part in each.collection:
            collection = getattr(collection, part)()
        parent = each.parent.format(project=self._session.account, region=self._session.region)
        with cloud_errors(f"list every {each.what}"):
            answer = collection.list(parent=parent).execute()
        return list(answer.get(each.key, ())), "nextPageToken" in answer

    def _reads(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        locations = self._session.client("dataflow").projects().locations()
        jobs = locations.jobs().list(projectId=self._session.account, location=self._session.region)
        yield "dataflow.jobs.list", jobs.execute
        for each in self._pipelines[:1]:
            runs = self._session.client("datapipelines").projects().locations().pipelines().jobs()
            yield "datapipelines.jobs.list", runs.list(parent=each["name"]).execute


def _is_refused(call: Callable[[], Any]) -> bool:
    try:
        with cloud_errors("read runs"):
            call()
    except PermissionDenied as error:
        return error.code != DISABLED
    except CloudError as error:
        if not error.permanent:
            raise
    return False
