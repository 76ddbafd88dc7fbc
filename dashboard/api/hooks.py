"""Where webhooks are sent. Signed, so that it needs no session, no token and no cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError

from dashboard import launch
from dashboard.api import problems
from dashboard.api.reading import storable
from dashboard.api.values import Body, Scalar
from dashboard.models import Hook
from dashboard.services import hooks
from provisioning.errors import SkyclockError

LARGEST_BODY = 64 * 1024


class CallIn(Body):
    """Parameters of the run; what is not given has the value that the definition says."""

    parameters: dict[str, Scalar] = {}


@csrf_exempt
@cache_control(no_store=True)
def receive(request: HttpRequest, public_id: str) -> HttpResponse:
    """Owe a start; 202 with its number. Nothing is told to those who cannot sign."""
    if request.method != "POST":
        return problems.not_allowed(request, allowed="POST")
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return problems.too_big(request)
    message = hooks.Message(
        id=request.headers.get("webhook-id", ""),
        timestamp=request.headers.get("webhook-timestamp", ""),
        signatures=request.headers.get("webhook-signature", ""),
        body=body,
    )
    try:
        return _answer(request, hooks.recognise(public_id, message), message)
    except hooks.NotSigned as error:
        answer = problems.problem(401, "Not signed", str(error))
        answer["WWW-Authenticate"] = "Webhook"
        return answer
    except hooks.TooManyCalls as error:
        answer = problems.problem(429, "Too many calls", str(error))
        answer["Retry-After"] = "60"
        return answer
    except SkyclockError as error:
        return problems.of_error(request, error)


def _answer(request: HttpRequest, hook: Hook, message: hooks.Message) -> HttpResponse:
    """To somebody who has signed: what is wrong is said."""
    sent = None
    try:
        sent = storable(message.body) if message.body else {}
        call = CallIn.model_validate(sent)
    except ValidationError as error:
        return problems.of_shape(error, sent)
    except (ValueError, RecursionError):
        return problems.problem(400, "Not JSON", "The body is not JSON in UTF-8.")
    start = launch.call_hook(hook, message, call.parameters)
    return JsonResponse({"start": start.pk, "state": start.state}, status=202)
