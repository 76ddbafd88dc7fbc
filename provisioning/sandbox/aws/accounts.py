"""Which account a request belongs to, and who makes it.

An access key `AKIA` + account number + four characters names its account and belongs to an
administrator of it, so that no user has to be created first; `ASIA` + account number is a key
that the sandbox gave to code that it runs (see `session_keys`). Keys that its IAM and STS gave out
work too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEY = re.compile(r"A[KS]IA(?P<account>\d{12})[A-Z0-9]{4}")
ADMINISTRATOR = "sandbox"


@dataclass(frozen=True)
class Caller:
    account: str
    access_key: str
    arn: str
    principal_id: str
    role_arn: str = ""  # of sessions: their role's policies say what they may do
    user_arn: str = ""  # of an IAM user: its policies say so
    session_policies: tuple[str, ...] | None = None  # they only take away
    tags: tuple[tuple[str, str], ...] = ()  # of the session
    temporary: bool = False  # the key came from STS

    @property
    def may_everything(self) -> bool:
        return not (self.role_arn or self.user_arn)

    @property
    def session_name(self) -> str:
        return self.arn.rpartition("/")[2]


def account_of_key(key: str) -> str | None:
    match = _KEY.fullmatch(key)
    return match["account"] if match else None


def names_administrator(key: str) -> bool:
    return key.startswith("AKIA") and account_of_key(key) is not None


def secret_of_administrator(account: str) -> str:
    """Known to everybody who reads this: such keys open nothing but the sandbox."""
    return f"sandbox-only-key-of-account-{account}"


def administrator(account: str, access_key: str) -> Caller:
    """The user whom the keys that name an account belong to."""
    return Caller(
        account=account,
        access_key=access_key,
        arn=f"arn:aws:iam::{account}:user/{ADMINISTRATOR}",
        principal_id=f"AIDA{account}SBOX",
    )
