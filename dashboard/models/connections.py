from __future__ import annotations

from django.db import models

from dashboard.models.people import User


class Connection(models.Model):
    """One cloud account, subscription or project, and the sealed credential to enter it."""

    class CloudName(models.TextChoices):
        AWS = "aws", "AWS"
        AZURE = "azure", "Azure"
        GOOGLE = "google", "Google Cloud"

    class LevelName(models.TextChoices):
        OBSERVE = "observe", "Observe"
        RUN = "run", "Run"
        DEPLOY = "deploy", "Deploy"

    name = models.CharField(max_length=80, unique=True)
    cloud = models.CharField(max_length=10, choices=CloudName)
    method = models.CharField(max_length=40)
    level = models.CharField(max_length=10, choices=LevelName, default=LevelName.DEPLOY)
    region = models.CharField(max_length=40)
    account = models.CharField(max_length=80)
    sandbox = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    sealed = models.TextField(editable=False)  # MultiFernet token of the credential's JSON
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
