"""A custom role of Google Cloud, in the form that gcloud takes."""

from __future__ import annotations

from provisioning.clouds.policies.documents import Needed, PolicyDocument

BINDS = (
    "It may change who may do what in the project, because deploying gives its service accounts "
    "roles."
)


def documents(needed: Needed) -> tuple[PolicyDocument, ...]:
    wanted = sorted(set(needed.permissions))
    lines = [
        f"title: Skyclock {needed.level.value}",
        f"description: What a Skyclock connection needs to {needed.level.value}.",
        "stage: GA",
        "includedPermissions:",
        *(f"- {each}" for each in wanted),
    ]
    binds = "resourcemanager.projects.setIamPolicy" in wanted
    return (
        PolicyDocument(
            name=role_id(needed),
            file=f"skyclock-{needed.level.value}.yaml",
            text="\n".join(lines),
            notes=(BINDS,) if binds else (),
        ),
    )


def role_id(needed: Needed) -> str:
    """A role's id has letters, digits, dots and underscores."""
    return "_".join(filter(None, ("skyclock", needed.level.value, needed.suffix)))
