"""What to do about errors that only this Blueprint meets."""

from __future__ import annotations

from provisioning.blueprints.aws_common import hints as common

HINTS = {
    "BucketNotEmpty": "S3 deletes only empty buckets. Empty it, or allow 'Delete the data with "
    "the pipeline' in the settings and deploy them; then destroy again.",
    "BucketAlreadyExists": "Bucket names are shared by all accounts of AWS, and somebody else has "
    "this one. Make a new pipeline of another name.",
    "BucketAlreadyOwnedByYou": "The account has a bucket of this name already, perhaps left by an "
    "earlier deployment. Remove it there, or make a new pipeline of another name.",
    "ResourceConflictException": "AWS was changing the same thing at this moment, or something "
    "has this name already. Deploy again; if that does not help, look for it in Lambda.",
    "OperationAborted": "S3 was changing the same bucket at this moment. Deploy again.",
    "CodeStorageExceededException": "The account's storage for the code of functions is full. "
    "Delete functions or their versions.",
}


def likely_fix(error_code: str, message: str) -> str | None:
    if error_code == "InvalidArgument" and "destination configurations" in message:
        return (
            "S3 could not call the function yet: its permission is young, or the function is "
            "gone. Deploy again in a moment."
        )
    if error_code == "InvalidParameterValueException" and "assume" in message:
        return "IAM needs some seconds until a new role is known everywhere. Deploy again."
    return HINTS.get(error_code) or common.likely_fix(error_code, message)
