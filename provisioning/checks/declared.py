"""Which permissions a level needs: those that the Blueprints of the cloud declare."""

from __future__ import annotations

from dataclasses import dataclass

from provisioning.blueprints import registry
from provisioning.contracts import Cloud, Level


@dataclass(frozen=True)
class Needs:
    """By check; each permission once, in the Blueprints' order."""

    observe: tuple[str, ...]
    run: tuple[str, ...]  # besides those to observe
    deploy: tuple[str, ...]  # besides those to run


def needs(cloud: Cloud) -> Needs:
    observe, run, deploy = (_of(cloud, level) for level in Level)
    return Needs(
        observe=observe,
        run=tuple(each for each in run if each not in observe),
        deploy=tuple(each for each in deploy if each not in run and each not in observe),
    )


def _of(cloud: Cloud, level: Level) -> tuple[str, ...]:
    blueprints = (each for each in registry.every() if each.cloud is cloud)
    found = (each for blueprint in blueprints for each in blueprint.permissions[level])
    return tuple(dict.fromkeys(found))
