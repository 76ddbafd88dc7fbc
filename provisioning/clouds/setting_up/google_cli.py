"""Setting a Google project up with gcloud."""

from __future__ import annotations

from provisioning.clouds.setting_up.facts import Facts, heredoc
from provisioning.clouds.setting_up.google_parts import (
    CONDITION,
    POOL,
    POOL_USER,
    PROVIDER,
    TOKEN_CREATOR,
    apis,
    audience,
    base_name,
    member,
)

OWN_PROJECT = "$(gcloud config get-value project)"


def text(facts: Facts) -> str:
    start = (
        f"PROJECT={facts.account or OWN_PROJECT}\n"
        f"ACCOUNT={facts.google_name}@$PROJECT.iam.gserviceaccount.com\n"
        f'gcloud services enable {" ".join(apis(facts))} \\\n  --project="$PROJECT"'
    )
    method = {
        "federation": _federation, "impersonation": _impersonation, "service_account": _key,
    }[facts.method](facts)  # fmt: skip
    return "\n\n".join([start, _account(facts), _role(facts), *method])


def _account(facts: Facts) -> str:
    return (
        f'gcloud iam service-accounts create {facts.google_name} --project="$PROJECT" \\\n'
        f'  --display-name="Skyclock connection"'
    )


def _role(facts: Facts) -> str:
    (document,) = facts.policy
    return (
        heredoc(document.file, document.text)
        + f'\ngcloud iam roles create {document.name} --project="$PROJECT" \\\n'
        f"  --file={document.file}\n"
        'gcloud projects add-iam-policy-binding "$PROJECT" --condition=None \\\n'
        '  --member="serviceAccount:$ACCOUNT" \\\n'
        f'  --role="projects/$PROJECT/roles/{document.name}"'
    )


def _federation(facts: Facts) -> list[str]:
    return [
        "# Once in a project; where they exist already, Google says ALREADY_EXISTS.\n"
        "NUMBER=$(gcloud projects describe \"$PROJECT\" --format='value(projectNumber)')\n"
        f'gcloud iam workload-identity-pools create {POOL} --project="$PROJECT" --location=global\n'
        f"gcloud iam workload-identity-pools providers create-oidc {PROVIDER} \\\n"
        f'  --project="$PROJECT" --location=global --workload-identity-pool={POOL} \\\n'
        f'  --issuer-uri="{facts.issuer}" \\\n'
        '  --attribute-mapping="google.subject=assertion.sub" \\\n'
        f'  --attribute-condition="{CONDITION}"',
        'gcloud iam service-accounts add-iam-policy-binding "$ACCOUNT" --project="$PROJECT" \\\n'
        f"  --role={POOL_USER} \\\n"
        f'  --member="{member(facts, "$NUMBER")}"',
        f'# Into the form:\necho "audience: {audience("$NUMBER")}"\n'
        'echo "service_account_email: $ACCOUNT"\necho "project: $PROJECT"',
    ]


def _impersonation(facts: Facts) -> list[str]:
    return [
        "# The account that takes on the other, and may do nothing else. Its key goes into the "
        "form.\n"
        f"BASE={base_name(facts)}@$PROJECT.iam.gserviceaccount.com\n"
        f'gcloud iam service-accounts create {base_name(facts)} --project="$PROJECT"\n'
        'gcloud iam service-accounts add-iam-policy-binding "$ACCOUNT" --project="$PROJECT" \\\n'
        f'  --role={TOKEN_CREATOR} --member="serviceAccount:$BASE"\n'
        'gcloud iam service-accounts keys create base-key.json --iam-account="$BASE"',
        '# Into the form, with base-key.json:\necho "target_principal: $ACCOUNT"\n'
        'echo "project: $PROJECT"',
    ]


def _key(facts: Facts) -> list[str]:
    return [
        "# All of key.json goes into the form; delete the file then.\n"
        'gcloud iam service-accounts keys create key.json --iam-account="$ACCOUNT"'
    ]
