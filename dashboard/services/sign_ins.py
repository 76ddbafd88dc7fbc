"""The brake on guessing passwords: failures are counted where they come from.

Nobody is locked out elsewhere: guesses from one address do not close the account for others.
Nor behind one address, where a browser that signed in before is a source of its own
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.models import SignInAttempt, User
from provisioning.errors import NotPossible

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=15)
MOST_FOR_ACCOUNT = 10  # failures from one source on one account
MOST_FROM_SOURCE = 100  # failures from one source on all accounts


class TooManySignIns(NotPossible):
    """So many failed lately that the next one is not looked at."""


def begin(*, username: str, source: str) -> SignInAttempt:
    """Note an attempt before its password is checked, so that many at once count as many."""
    now = timezone.now()
    SignInAttempt.objects.filter(at__lte=now - WINDOW).delete()
    attempt = SignInAttempt.objects.create(
        account=_digest(username.strip().casefold()), source=_digest(source), at=now
    )
    from_source = SignInAttempt.objects.filter(source=attempt.source)
    _refuse_beyond(MOST_FROM_SOURCE, from_source, attempt)
    _refuse_beyond(MOST_FOR_ACCOUNT, from_source.filter(account=attempt.account), attempt)
    return attempt


def succeeded(attempt: SignInAttempt) -> None:
    """The password was right: what failed on this account from here is forgotten."""
    SignInAttempt.objects.filter(source=attempt.source, account=attempt.account).delete()


def word_for(user: User) -> str:
    """What a browser keeps, signed, from now on; at every sign-in a new one."""
    return f"{user.pk}:{secrets.token_urlsafe(12)}"


def source_of(*, username: str, word: str, address: str) -> str:
    """The browser, where this person has signed in with it before; else the address."""
    pk = word.partition(":")[0]
    if pk and User.objects.filter(pk=pk, username__iexact=username.strip()).exists():
        return f"browser {word}"
    return f"address {_network(address)}"


def _network(address: str) -> str:
    """What one guesser has: an IPv4 address, or the whole /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address  # a Unix socket has none
    bits = 64 if found.version == 6 else 32
    return str(ipaddress.ip_network((found, bits), strict=False))


def _refuse_beyond(most: int, rows: QuerySet[SignInAttempt], attempt: SignInAttempt) -> None:
    times = list(rows.order_by("-at", "-pk").values_list("at", flat=True)[: most + 1])
    if len(times) <= most:
        return
    attempt.delete()  # one that was not looked at does not prolong the wait
    log.warning("Too many sign-ins failed from one source; it has to wait.")
    raise TooManySignIns(f"Too many sign-ins failed. Try again in {_minutes(times[most])}.")


def _minutes(oldest: datetime) -> str:
    left = (oldest + WINDOW - timezone.now()).total_seconds()
    minutes = max(1, round(left / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _digest(text: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"sign-in {text}".encode(), hashlib.sha256).hexdigest()
