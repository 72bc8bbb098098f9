"""Imports the file of a module and finds the one class in it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType

from mplay.model.errors import UsageError, Where
from mplay.registry.sources import Source
from mplay.sdk import Module


def load(source: Source, file: Path) -> type[Module]:
    """The one `Module` class of a file. UsageError with file and line for a broken one."""
    try:
        code = _import(source, file)
    except SyntaxError as error:
        where = Where(error.filename or str(file), error.lineno or 0, error.offset or 1)
        raise UsageError(
            f"the module {file.stem!r} is not Python: {error.msg}",
            where=where,
            hint="mend the file, or move it out of the folder of modules",
        ) from error
    except Exception as error:
        raise UsageError(
            f"the module {file.stem!r} cannot be imported: {type(error).__name__}: {error}",
            where=_place_in(file, error),
            hint="mend the file, or move it out of the folder of modules",
        ) from error
    return _only_class(file, code)


def _import(source: Source, file: Path) -> ModuleType:
    if not source.project:
        return importlib.import_module(f"{source.package}.{file.stem}")
    return _import_file(_package(source), file)


def _package(source: Source) -> str:
    """A package for one project folder, so that its files import their private neighbours."""
    name = f"{source.package}_{abs(hash(source.folder)):x}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(source.folder)]
        sys.modules[name] = package
    return name


def _import_file(package: str, file: Path) -> ModuleType:
    name = f"{package}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python source")
    code = importlib.util.module_from_spec(spec)
    sys.modules[name] = code
    try:
        spec.loader.exec_module(code)
    except BaseException:
        del sys.modules[name]
        raise
    return code


def _place_in(file: Path, error: BaseException) -> Where:
    """The last line of the file that the error passed through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == file]
    if not frames:
        return Where(str(file))
    return Where(str(file), frames[-1].lineno or 1, (frames[-1].colno or 0) + 1)


def _only_class(file: Path, code: ModuleType) -> type[Module]:
    found = [
        thing
        for thing in vars(code).values()
        if isinstance(thing, type)
        and issubclass(thing, Module)
        and thing.__module__ == code.__name__
        and not thing.__name__.startswith("_")
    ]
    if len(found) != 1:
        names = ", ".join(c.__name__ for c in found) or "none"
        raise UsageError(
            f"the module {file.stem!r} must define one class of State, Action, Check or Question;"
            f" it defines {names}",
            where=str(file),
            hint="one file, one module; give helpers a name with a leading underscore",
        )
    if inspect.isabstract(found[0]):
        missing = ", ".join(sorted(found[0].__abstractmethods__))
        raise UsageError(
            f"the module {file.stem!r} does not define {missing}",
            where=Where(str(file), inspect.getsourcelines(found[0])[1], 1),
            hint="a State has probe and plan, a Check has probe and judge",
        )
    return found[0]
