"""Settings that deploy as they are on the sandbox, and on AWS with a bucket of one's own.

A bank's customers, some of whom left: the table is put into the form that SageMaker's XGBoost
reads (the label first, no header), a model is trained, and a good one is registered. No step
needs code of one's own in an image or in S3.
"""

from __future__ import annotations

from typing import Any

BUCKET_NAME = "skyclock-sandbox-111122223333"
BUCKET = f"s3://{BUCKET_NAME}"

# The images of AWS for eu-west-1:
# https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/ecr-eu-west-1.html
REGISTRY = "141502667606.dkr.ecr.eu-west-1.amazonaws.com"
SKLEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.2-1-cpu-py3"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:1.7-1"

PREPARE = (
    "import glob, os, pandas as pd; os.chdir('/opt/ml/processing'); "
    "d = pd.read_csv(*glob.glob('in/*')); d.insert(0, 'y', d.pop('left')); "
    "d[60:].to_csv('train/x', header=False, index=False); "
    "d[:60].to_csv('validation/x', header=False, index=False)"
)


def example() -> dict[str, Any]:
    return {
        "source": "steps",
        "parameters": [
            {"name": "InputBucket", "type": "String", "default": BUCKET_NAME},
            {"name": "InputKey", "type": "String", "default": "input/train.csv"},
            {"name": "LargestLoss", "type": "Float", "default": "0.6"},
        ],
        "steps": [_prepare(), _train(), _good_enough(), _register()],
        "starts": {"bucket_parameter": "InputBucket", "key_parameter": "InputKey"},
        "data_access": {"read": [f"{BUCKET}/input/"]},
        "data_bucket": {"delete_objects": True},
    }


def _prepare() -> dict[str, Any]:
    return {
        "kind": "processing",
        "name": "prepare",
        "image": SKLEARN,
        "instance_type": "ml.m5.xlarge",
        "entrypoint": ["python3", "-c", PREPARE],
        "inputs": [
            {
                "name": "customers",
                "source": "s3://${Parameters.InputBucket}/${Parameters.InputKey}",
                "local_path": "/opt/ml/processing/in",
            }
        ],
        "outputs": [
            {
                "name": name,
                "destination": f"{BUCKET}/output/prepared/{name}/",
                "local_path": f"/opt/ml/processing/{name}",
            }
            for name in ("train", "validation")
        ],
    }


def _train() -> dict[str, Any]:
    return {
        "kind": "training",
        "name": "train",
        "image": XGBOOST,
        "instance_type": "ml.m5.xlarge",
        "channels": [
            {
                "name": name,
                "source": f"${{Steps.prepare.Outputs.{name}}}",
                "content_type": "text/csv",
            }
            for name in ("train", "validation")
        ],
        "output": f"{BUCKET}/output/models/",
        "hyperparameters": {
            "objective": "binary:logistic",
            "num_round": "100",
            "max_depth": "5",
            "eta": "0.2",
        },
        "metrics": [{"name": "validation:logloss"}],
    }


def _good_enough() -> dict[str, Any]:
    return {
        "kind": "condition",
        "name": "good-enough",
        "left": {"kind": "metric", "step": "train", "metric": "validation:logloss"},
        "operator": "LessThanOrEqualTo",
        "right": "${Parameters.LargestLoss}",
        "then_steps": ["register"],
    }


def _register() -> dict[str, Any]:
    return {
        "kind": "register_model",
        "name": "register",
        "training_step": "train",
        "group": "skyclock-example",
    }
