"""Puts the simulated AWS together."""

from __future__ import annotations

from provisioning.sandbox.aws.calls import ApiCalls
from provisioning.sandbox.aws.cloudwatch_logs.policies import LogPolicies
from provisioning.sandbox.aws.cloudwatch_logs.service import CloudWatchLogs
from provisioning.sandbox.aws.events.service import EventBridge
from provisioning.sandbox.aws.gate import Gate, Service
from provisioning.sandbox.aws.iam import Iam
from provisioning.sandbox.aws.lambdas.service import Lambda
from provisioning.sandbox.aws.moto_app import MotoApp, prepare_moto
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.s3.service import S3
from provisioning.sandbox.aws.sagemaker.service import SageMaker
from provisioning.sandbox.aws.scheduler.api import SchedulerApi
from provisioning.sandbox.aws.scheduler.firing import Firing
from provisioning.sandbox.aws.seed import seed
from provisioning.sandbox.aws.states.service import StepFunctions
from provisioning.sandbox.aws.sts import Sts
from provisioning.sandbox.aws.sts_sessions import StsSessions
from provisioning.sandbox.aws.targets.kinds import register_kinds
from provisioning.sandbox.aws.targets.room import Targets
from provisioning.sandbox.aws.targets.universal import Universal
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.world import World as SharedWorld


def build_aws(shared: SharedWorld, *, port: int) -> Gate:
    """The WSGI application; everything it remembers is read from the store."""
    prepare_moto(shared.clock)
    state = MotoState(store=shared.store, clock=shared.clock)
    world = World(
        **vars(shared),
        moto=state,
        url=f"http://127.0.0.1:{port}",
        sessions=StsSessions(shared.store),
    )
    moto = MotoApp(state)
    functions = Lambda(world)
    sagemaker = SageMaker(world)
    targets = Targets(world.misbehaviour)
    log_policies = LogPolicies(world)
    register_kinds(
        targets,
        world,
        functions=functions,
        start_pipeline=sagemaker.start_pipeline,
        log_policies=log_policies,
    )
    scheduler = SchedulerApi(world, Firing(world, targets))
    events = EventBridge(world, targets)
    functions.destinations.others["events"] = events.take_outcome
    sagemaker.announce_on(events)
    s3 = S3(world, moto, functions)
    s3.notifications.publish = events.buses.publish
    seed(world)
    services: dict[str, Service] = {
        "events": events,
        "lambda": functions,
        "logs": CloudWatchLogs(log_policies),
        "s3": s3,
        "sagemaker": sagemaker,
        "scheduler": scheduler.service(),
        "iam": Iam(world, moto),
        "sts": Sts(world),
    }
    api = ApiCalls(services=services, moto=moto, misbehaviour=world.misbehaviour)
    step_functions = StepFunctions(world, api=api, jobs=sagemaker.jobs)
    services["states"] = step_functions
    step_functions.announce_on(events)
    targets.register("states:stateMachine", "StartExecution", step_functions.start_as_target)
    targets.universal = Universal(api)
    return Gate(port=port, world=world, moto=moto, services=services)
