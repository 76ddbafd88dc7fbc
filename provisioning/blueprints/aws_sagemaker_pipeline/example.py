"""Settings that deploy as they are on the sandbox, and on AWS with buckets of one's own."""

from __future__ import annotations

from typing import Any

BUCKET = "s3://skyclock-sandbox-111122223333"

# The images of AWS for eu-west-1:
# https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/ecr-eu-west-1.html
REGISTRY = "141502667606.dkr.ecr.eu-west-1.amazonaws.com"
SKLEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.2-1-cpu-py3"


def example() -> dict[str, Any]:
    return {
        "source": "steps",
        "parameters": [
            {"name": "InputData", "type": "String", "default": f"{BUCKET}/input/"},
            {"name": "LargestError", "type": "Float", "default": "10"},
        ],
        "steps": [_prepare(), _train(), _good_enough(), _register()],
    }


def _prepare() -> dict[str, Any]:
    return {
        "kind": "processing",
        "name": "prepare",
        "image": SKLEARN,
        "instance_type": "ml.m5.xlarge",
        "entrypoint": ["python3", "/opt/ml/processing/input/code/prepare.py"],
        "inputs": [
            {"name": "raw", "source": "${Parameters.InputData}"},
            {"name": "code", "source": f"{BUCKET}/input/code/"},
        ],
        "outputs": [
            {"name": "train", "destination": f"{BUCKET}/output/prepared/train/"},
            {"name": "validation", "destination": f"{BUCKET}/output/prepared/validation/"},
        ],
    }


def _train() -> dict[str, Any]:
    return {
        "kind": "training",
        "name": "train",
        "image": SKLEARN,
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
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"{BUCKET}/input/code/source.tar.gz",
            "estimators": "100",
            "max_depth": "5",
        },
        "metrics": [{"name": "validation:rmse", "regex": r"validation-rmse=([0-9.]+)"}],
    }


def _good_enough() -> dict[str, Any]:
    return {
        "kind": "condition",
        "name": "good-enough",
        "left": {"kind": "metric", "step": "train", "metric": "validation:rmse"},
        "operator": "LessThanOrEqualTo",
        "right": "${Parameters.LargestError}",
        "then_steps": ["register"],
    }


def _register() -> dict[str, Any]:
    return {
        "kind": "register_model",
        "name": "register",
        "training_step": "train",
        "group": "skyclock-example",
    }
