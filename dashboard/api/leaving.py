"""Leaving with a Pipeline: its take-out, and letting go of what is deployed."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field, SecretStr

from dashboard import access
from dashboard.api.auth import caller
from dashboard.api.values import Body
from dashboard.services import leaving

router = Router(tags=["pipelines"])
ZIP: dict[str, Any] = {
    "responses": {
        200: {
            "description": "The archive: program, configuration, state, README.",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


class TakeOutIn(Body):
    """`passphrase`: one of your own; the state's secrets are put under it. It is kept nowhere."""

    passphrase: Annotated[
        SecretStr, Field(json_schema_extra={"minLength": leaving.SHORTEST, "writeOnly": True})
    ]


class LetGoIn(Body):
    """`name`: the pipeline's name, typed to confirm."""

    name: str


@router.post("/pipelines/{int:id}/take_out", response={200: None}, openapi_extra=ZIP)
def take_out_pipeline(request: HttpRequest, id: int, payload: TakeOutIn) -> HttpResponse:
    """A zip with the Pulumi program of what is deployed, or else of what was saved last, with
    its configuration and its state. It needs nothing of Skyclock."""
    archive = leaving.take_out(
        actor=caller(request),
        pipeline=access.get_pipeline(caller(request), id),
        passphrase=payload.passphrase.get_secret_value(),
    )
    return HttpResponse(
        archive.content,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{archive.name}"'},
    )


@router.post("/pipelines/{int:id}/let_go", response={204: None})
def let_go_pipeline(request: HttpRequest, id: int, payload: LetGoIn) -> Status[None]:
    """Archive it without destroying anything: its triggers go on firing in the cloud, and
    nothing is watched any more."""
    pipeline = access.get_pipeline(caller(request), id)
    leaving.let_go(actor=caller(request), pipeline=pipeline, typed=payload.name)
    return Status(204, None)
