"""The digests of a prepared run: procedure, plan, modules, files and configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mplay.app.project import Project
from mplay.executor.context import RunContext
from mplay.model.digest import digest
from mplay.model.plan_json import plan_as_json
from mplay.spec import Loaded

if TYPE_CHECKING:
    from mplay.app.prepare import Request


def digests_of(
    project: Project, request: Request, loaded: Loaded, context: RunContext, environment: str
) -> Mapping[str, Any]:
    modules = {
        str(s.step.module.name): project.registry.digest(str(s.step.module.name))
        for s in context.plan.steps.values()
    }
    procedure = digest([dict(loaded.sources), modules])
    return {
        "procedure": procedure,
        "plan": digest([procedure, environment, request.limit, plan_as_json(context.plan)]),
        "modules": modules,
        "files": {},
        "config": project.config.digest,
    }
