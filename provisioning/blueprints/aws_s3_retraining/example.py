"""Settings that deploy as they are on the sandbox and on AWS.

SageMaker's XGBoost learns from tables of numbers, the label first and no header: put one into
the bucket's folder data/, and a model is trained on it.
"""

from __future__ import annotations

from typing import Any

# The image of AWS for eu-west-1:
# https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/ecr-eu-west-1.html
XGBOOST = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def example() -> dict[str, Any]:
    return {
        "training": {
            "image": XGBOOST,
            "instance_type": "ml.m5.xlarge",
            "content_type": "text/csv",
            "hyperparameters": {
                "objective": "binary:logistic",
                "num_round": "100",
                "max_depth": "5",
                "eta": "0.2",
            },
            "metrics": [{"name": "train:logloss"}],
        },
        "data_bucket": {"delete_objects": True},
    }
