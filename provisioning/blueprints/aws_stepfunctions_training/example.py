"""Settings that deploy as they are on the sandbox, and on AWS with a bucket of one's own."""

from __future__ import annotations

from typing import Any

BUCKET_NAME = "skyclock-sandbox-111122223333"
BUCKET = f"s3://{BUCKET_NAME}"
# https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/ecr-eu-west-1.html
XGBOOST = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def example() -> dict[str, Any]:
    return {
        "machine": {
            "kind": "training",
            "training": {
                "image": XGBOOST,
                "instance_type": "ml.m5.xlarge",
                "inputs": [
                    {
                        "channel": "train",
                        "source": "s3://${Parameters.InputBucket}/${Parameters.InputKey}",
                        "content_type": "text/csv",
                    }
                ],
                "output": f"{BUCKET}/output/models/",
                "hyperparameters": {
                    "objective": "binary:logistic",
                    "num_round": "${Parameters.Rounds}",
                    "max_depth": "5",
                    "eta": "0.2",
                },
                "metrics": [{"name": "train:logloss"}],
            },
        },
        "parameters": [
            {"name": "InputBucket", "default": BUCKET_NAME},
            {"name": "InputKey", "default": "input/train.csv"},
            {"name": "Rounds", "default": "100"},
        ],
        "starts": {"bucket_parameter": "InputBucket", "key_parameter": "InputKey"},
        "data_access": {"read": [f"{BUCKET}/input/"]},
        "data_bucket": {"delete_objects": True},
        "logging": {"level": "ALL"},
    }
