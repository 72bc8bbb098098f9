"""The digests of a prepared run: procedure, plan, modules, files and configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mplay
from mplay.app.project import Project
from mplay.executor.context import RunContext
from mplay.planner.choice import Choice
from mplay.planner.digests import module_names, plan_digest, procedure_digest
from mplay.planner.reach import reached, reached_files
from mplay.spec import Loaded


def digests_of(
    project: Project,
    loaded: Loaded,
    context: RunContext,
    *,
    environment: str,
    limit: str,
    choice: Choice,
    variables: Mapping[str, Mapping[str, Any]],
) -> Mapping[str, Any]:
    """What RUN_BEGIN keeps of what the run was made of.

    `procedure` and `plan` as design section 8 defines them; `modules`: source digest by name;
    `files`: SHA-256 by path of what steps can send; `config`: that of mplay.toml.
    """
    sources = [Path(name) for name in loaded.sources]
    root = project.config.root
    named = [Path(name.where.file).parent / name for name in loaded.playbook.vars_files]
    files = [*reached_files(root, sources), *(reached(root, path) for path in named)]
    modules = {name: project.registry.digest(name) for name in module_names(loaded.playbook)}
    procedure = procedure_digest(
        loaded.playbook,
        files=files,
        modules=modules,
        extra_vars=context.extra_vars,
        version=mplay.__version__,
    )
    plan = plan_digest(
        procedure,
        context.plan,
        environment=environment,
        limit=limit,
        tags=choice.words(),
        variables=variables,
    )
    return {
        "procedure": procedure,
        "plan": plan,
        "modules": modules,
        "files": {file.path: file.sha256 for file in files},
        "config": project.config.digest,
    }
