from __future__ import annotations

from django.db import models

from dashboard.models.sealed import SealedField


class SigningKey(models.Model):
    """A key by which Skyclock signs identity tokens. It is published before it signs, and as
    long after as a token of it may live: what it is at a moment follows from its times."""

    # One more than the key before: two workers that rotate at once make one.
    number = models.PositiveIntegerField(unique=True)
    kid = models.CharField(
        max_length=64, unique=True
    )  # RFC 7638: the thumbprint of its public half
    public = models.JSONField()  # as it stands in the JWKS
    sealed = SealedField()  # the private half, in PEM; "" once it is removed
    created_at = models.DateTimeField()  # since when it is published
    active_at = models.DateTimeField()  # since when it signs
    retired_at = models.DateTimeField(null=True)  # since when the next one does
    removed_at = models.DateTimeField(null=True)  # since when it is not published any more

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return self.kid
