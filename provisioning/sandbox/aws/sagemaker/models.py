"""Models and model packages: kept by moto, made here as SageMaker makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.backends import get_backend
from moto.core.exceptions import ServiceException

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.objects import Address, Objects
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.services import Place

_PACKAGE_ARGUMENTS = {
    "additional_inference_specifications": "AdditionalInferenceSpecifications",
    "certify_for_marketplace": "CertifyForMarketplace",
    "client_token": "ClientToken",
    "customer_metadata_properties": "CustomerMetadataProperties",
    "domain": "Domain",
    "drift_check_baselines": "DriftCheckBaselines",
    "inference_specification": "InferenceSpecification",
    "metadata_properties": "MetadataProperties",
    "model_approval_status": "ModelApprovalStatus",
    "model_metrics": "ModelMetrics",
    "model_package_description": "ModelPackageDescription",
    "model_package_group_name": "ModelPackageGroupName",
    "model_package_name": "ModelPackageName",
    "sample_payload_url": "SamplePayloadUrl",
    "source_algorithm_specification": "SourceAlgorithmSpecification",
    "tags": "Tags",
    "task": "Task",
    "validation_specification": "ValidationSpecification",
}


class Models:
    def __init__(self, *, moto: MotoState, objects: Objects) -> None:
        self._moto = moto
        self._objects = objects

    def create(self, place: Place, arguments: Mapping[str, Any], session: Session) -> str:
        """The ARN of a new model; raises AwsError."""
        name = arguments["ModelName"]
        arn = place.arn("sagemaker", f"model/{name}")
        session.require("sagemaker:CreateModel", arn)
        containers = arguments.get("Containers") or [arguments.get("PrimaryContainer", {})]
        self._require_data(containers, session)
        model = self._backend(place).create_model(
            model_name=name,
            execution_role_arn=arguments["ExecutionRoleArn"],
            primary_container=arguments.get("PrimaryContainer"),
            vpc_config=arguments.get("VpcConfig"),
            containers=arguments.get("Containers"),
            tags=arguments.get("Tags"),
        )
        self._moto.touch("sagemaker", place.account, place.region)
        return str(model.arn)

    def role_of(self, place: Place, name: str) -> str:
        """The role of a model; raises AwsError when there is no such model."""
        model = self._backend(place)._models.get(name)
        if model is None:
            arn = place.arn("sagemaker", f"model/{name}")
            raise validation(f'Could not find model "{arn}".')
        return str(model.execution_role_arn)

    def register(self, place: Place, arguments: Mapping[str, Any], session: Session) -> str:
        """The ARN of a new model package, its group made where it is missing."""
        group = arguments.get("ModelPackageGroupName")
        if not group:
            raise validation("Missing ModelPackageGroupName.")
        backend = self._backend(place)
        group = group.rpartition("/")[2]
        group_arn = place.arn("sagemaker", f"model-package-group/{group}")
        session.require("sagemaker:CreateModelPackage", f"{_package_arn(place, group)}/*")
        specification = arguments.get("InferenceSpecification", {})
        self._require_data(specification.get("Containers", []), session)
        if group not in backend.model_package_groups:
            session.require("sagemaker:CreateModelPackageGroup", group_arn)
            backend.create_model_package_group(group, "", [])
        given = {name: arguments.get(member) for name, member in _PACKAGE_ARGUMENTS.items()}
        given |= {"model_package_group_name": group, "tags": arguments.get("Tags", [])}
        try:
            arn = backend.create_model_package(**given)
        except ServiceException as error:
            raise AwsError(error.code, error.message) from error
        self._moto.touch("sagemaker", place.account, place.region)
        return str(arn)

    def made_with(self, place: Place, group: str | None, token: str | None) -> str | None:
        """The ARN of the package that a call with this token has made; moto makes another."""
        backend = self._backend(place)
        mine = self._packages_of(backend, str(group).rpartition("/")[2]) if token else ()
        return next((str(each.arn) for each in mine if each.client_token == token), None)

    def delete_group(self, place: Place, name: str) -> None:
        """DeleteModelPackageGroup, which moto does not have."""
        backend = self._backend(place)
        group = name.rpartition("/")[2]
        if group not in backend.model_package_groups:
            arn = place.arn("sagemaker", f"model-package-group/{group}")
            raise validation(f"ModelPackageGroup {arn} does not exist.")
        if any(True for _ in self._packages_of(backend, group)):
            raise AwsError(
                "ConflictException",
                f"Cannot delete Model Package Group {group}, because it still contains Model "
                "Packages.",
            )
        del backend.model_package_groups[group]
        self._moto.touch("sagemaker", place.account, place.region)

    def delete_package(self, place: Place, name: str) -> None:
        """DeleteModelPackage, which moto does not have either."""
        backend = self._backend(place)
        arn = backend.model_package_name_mapping.get(name, name)
        if arn not in backend.model_packages:
            raise validation(f"Model package {name} does not exist.")
        del backend.model_packages[arn]
        self._moto.touch("sagemaker", place.account, place.region)

    def _require_data(self, containers: list[Mapping[str, Any]], session: Session) -> None:
        for uri in _data_uris(containers):
            try:
                found = self._objects.sample(Address.parse(uri), session)
            except AwsError as error:
                raise validation(
                    f"Could not access model data at {uri}. {error.message}"
                ) from error
            if found is None:
                raise validation(
                    f"Could not find model data at {uri}. Please make sure that the object exists "
                    f'and the role "{session.role_arn}" has access to it.'
                )

    def _packages_of(self, backend: Any, group: str) -> Iterator[Any]:
        for package in backend.model_packages.values():
            if package.model_package_group_name == group:
                yield package

    def _backend(self, place: Place) -> Any:
        return get_backend("sagemaker")[place.account][place.region]


def _data_uris(containers: list[Mapping[str, Any]]) -> Iterator[str]:
    for container in containers:
        if container.get("ModelDataUrl"):
            yield container["ModelDataUrl"]
        source = container.get("ModelDataSource", {}).get("S3DataSource", {})
        if source.get("S3Uri"):
            yield source["S3Uri"]


def _package_arn(place: Place, group: str) -> str:
    return place.arn("sagemaker", f"model-package/{group.lower()}")
