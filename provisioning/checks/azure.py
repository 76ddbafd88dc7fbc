"""Azure: factories are listed, their runs asked for, and Resource Manager tells by itself what
the application may do in the subscription.

A list that is not allowed can look like an empty one, so no list is believed without that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from provisioning.blueprints.azure_data_factory.troubles import assignment, role_with
from provisioning.checks.answers import Who, counted, failed, listed, passed, unknown
from provisioning.checks.azure_roles import Granted, custom_role
from provisioning.clouds import cloud_errors
from provisioning.clouds.azure import AzureSession
from provisioning.clouds.session import Session
from provisioning.contracts import Access, Check
from provisioning.errors import CloudError, NotFound, PermissionDenied

PERMISSIONS_API = "2022-04-01"
FACTORIES = "Microsoft.DataFactory/factories"
QUERY_RUNS = f"{FACTORIES}/querypipelineruns/action"
QUERY_TRIGGER_RUNS = f"{FACTORIES}/querytriggerruns/action"
LIST_ACTIONS = (f"{FACTORIES}/read", f"{FACTORIES}/pipelines/read", f"{FACTORIES}/triggers/read")
ASK = "Microsoft.Authorization/permissions/read"
PROVIDER = "Microsoft.DataFactory"
MOST_FACTORIES = 5  # that are looked into


def examiner(access: Access, session: Session) -> AzureExaminer:
    assert isinstance(session, AzureSession)
    return AzureExaminer(session, access.credential.reveal("client_id") or "CLIENT_ID")


class AzureExaminer:
    def __init__(self, session: AzureSession, client_id: str) -> None:
        self._session = session
        self._client_id = client_id
        self._scope = f"/subscriptions/{session.account}"
        self._factories: list[dict[str, Any]] = []
        self._granted: Granted | None = None
        self._unregistered = False

    def whoami(self) -> Who:
        subscription = self._session.subscription()
        return Who(account=str(subscription["subscriptionId"]), name=self._session.identity())

    def region(self) -> Check:
        with cloud_errors("see where Data Factory is offered"):
            provider = self._session.client("resources").providers.get(PROVIDER)
        state = str(provider.registration_state or "")
        if state not in ("Registered", "Registering"):
            self._unregistered = True
            message = f"The subscription is not registered for {PROVIDER}. Register it."
            return failed("region", message, add=f"az provider register --namespace {PROVIDER}")
        region, offered = self._session.region, self._offered(provider)
        if offered and region not in offered:
            return failed("region", f"Azure does not offer Data Factory in {region}.")
        return passed("region", f"Data Factory is offered in {region}.")

    def listing(self) -> Check:
        if self._unregistered:
            return unknown("list", f"Not asked: the subscription has no {PROVIDER} yet.")
        try:
            with cloud_errors("list the factories"):
                found = self._session.client("datafactory").factories.list()
                self._factories = [each.as_dict() for each in found]
            counts = [counted(len(self._factories), "data factory"), *self._inside()]
        except PermissionDenied as error:
            return self._lacking("list", self._denied(error, LIST_ACTIONS))
        if not self._factories:
            return self._none_seen()
        return passed("list", f"Sees {listed(counts)}.")

    def _none_seen(self) -> Check:
        """Nothing to see, or nothing that may be seen."""
        try:
            missing = self._allowed().lacking(LIST_ACTIONS)
        except PermissionDenied:
            message = "No data factory is seen, and Azure does not tell whether any may be seen:"
            return unknown("list", f"{message} the application lacks {ASK}.")
        if missing:
            return self._lacking("list", missing)
        return passed("list", "There is no data factory in the subscription yet.")

    def read_runs(self, needed: Sequence[str]) -> Check:
        missing = self._refused_queries()
        try:
            missing += self._allowed().lacking(needed)
        except PermissionDenied:
            if missing:
                return self._lacking("read_runs", missing)
            if not self._factories:
                return self._cannot_ask("read_runs")
            said = "Runs can be read. Azure did not tell what else the application may"
            return passed("read_runs", f"{said}: it lacks {ASK}.")
        if missing:
            return self._lacking("read_runs", missing)
        return passed("read_runs", f"Runs can be read: all {len(needed)} actions are granted.")

    def start(self, needed: Sequence[str]) -> Check:
        return self._may("start", needed, "Runs can be started and cancelled, triggers stopped")

    def deploy(self, needed: Sequence[str]) -> Check:
        return self._may("deploy", needed, "Factories can be deployed, roles included")

    def _may(self, name: str, needed: Sequence[str], good: str) -> Check:
        try:
            missing = self._allowed().lacking(needed)
        except PermissionDenied:
            return self._cannot_ask(name)
        if missing:
            return self._lacking(name, missing)
        return passed(name, f"{good}: all {len(needed)} actions are granted.")

    def _cannot_ask(self, name: str) -> Check:
        message = (
            f"Azure cannot be asked in advance: the application lacks {ASK} on the subscription. "
            "The role Reader has it."
        )
        return unknown(name, message, add=assignment("Reader", self._client_id, self._scope))

    def _lacking(self, name: str, missing: Iterable[str]) -> Check:
        found = list(dict.fromkeys(missing))
        message = f"The application lacks {listed(found)} on the subscription."
        if name in ("list", "read_runs"):
            # No role that ships with Azure has these and nothing that changes something.
            return failed(
                name,
                f"{message} Reader does not have all of it; a role of your own does.",
                missing=found,
                add=custom_role(found, self._client_id, self._scope),
            )
        roles = dict.fromkeys(role_with(each) for each in found)
        add = "\n".join(assignment(each, self._client_id, self._scope) for each in roles)
        return failed(name, f"{message} Give it a role that has it.", missing=found, add=add)

    def _allowed(self) -> Granted:
        if self._granted is None:
            with cloud_errors("see what the application may do"):
                answer = self._session.client("resources").resources.get_by_id(
                    f"{self._scope}/providers/Microsoft.Authorization/permissions",
                    api_version=PERMISSIONS_API,
                )
            self._granted = Granted(dict(answer).get("value", []))
        return self._granted

    def _offered(self, provider: Any) -> set[str]:
        """Regions by their short names; the provider tells the names that people read."""
        kinds = provider.resource_types or ()
        names = [each for kind in kinds if kind.resource_type == "factories"
                 for each in kind.locations or ()]  # fmt: skip
        return {each.replace(" ", "").lower() for each in names}

    def _inside(self) -> list[str]:
        client = self._session.client("datafactory")
        pipelines = triggers = 0
        for group, name in self._places():
            with cloud_errors("list what a factory has"):
                pipelines += sum(1 for _ in client.pipelines.list_by_factory(group, name))
                triggers += sum(1 for _ in client.triggers.list_by_factory(group, name))
        more = len(self._factories) > MOST_FACTORIES
        return [
            counted(pipelines, "pipeline", more=more),
            counted(triggers, "trigger", more=more),
        ]

    def _places(self) -> list[tuple[str, str]]:
        """Resource group and name of the first few factories."""
        parts = [str(each["id"]).split("/") for each in self._factories[:MOST_FACTORIES]]
        return [(each[4], each[8]) for each in parts]

    def _refused_queries(self) -> list[str]:
        client, now = self._session.client("datafactory"), self._session.now()
        window = {
            "lastUpdatedAfter": (now - timedelta(days=1)).isoformat(),
            "lastUpdatedBefore": now.isoformat(),
        }
        calls: dict[str, Callable[..., Any]] = {
            QUERY_RUNS: client.pipeline_runs.query_by_factory,
            QUERY_TRIGGER_RUNS: client.trigger_runs.query_by_factory,
        }
        places = self._places()[:1]
        return [
            action
            for action, call in calls.items()
            for place in places
            if _is_refused(partial(call, *place, window))
        ]

    def _denied(self, error: PermissionDenied, among: Sequence[str]) -> list[str]:
        """The action that the cloud names, else the first."""
        said = error.message.lower()
        return [next((each for each in among if each.lower() in said), among[0])]


def _is_refused(call: Callable[[], Any]) -> bool:
    try:
        with cloud_errors("ask for runs"):
            call()
    except PermissionDenied:
        return True
    except NotFound:
        return False  # deleted since it was listed
    except CloudError as error:
        if not error.permanent:
            raise
    return False
