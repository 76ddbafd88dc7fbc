"""SageMaker jobs that take their time, and pipelines that execute."""
