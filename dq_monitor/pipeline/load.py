"""Finds a pipeline by what people type: `path/to/file.py`, `file.py:name` or `module:name`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from dq_monitor.errors import DqmError, PipelineInvalid
from dq_monitor.pipeline.declare import Pipeline
from dq_monitor.registry import suggest


def load_pipeline(reference: str) -> Pipeline:
    """Return the pipeline that `reference` names; raise PipelineInvalid saying what is missing.

    The name may be left out where the module holds one pipeline only.
    """
    place, name = _split(reference)
    module = _from_file(Path(place)) if place.endswith(".py") else _by_name(place)
    return _pick(module, place, name)


def _split(reference: str) -> tuple[str, str]:
    place, colon, name = reference.rpartition(":")
    # A colon may also be a drive's: C:\\pipelines\\daily.py
    if colon and (name.isidentifier() or not name):
        return place, name
    return reference, ""


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise PipelineInvalid(f"{path} is not there", fix="name the Python file of the pipeline")
    name = f"dqm_pipeline_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PipelineInvalid(f"{path} is no Python file", fix="name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))  # so that it may import its neighbours
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except DqmError:
        raise
    except (Exception, SystemExit) as error:
        raise _unimportable(str(path), error) from error
    finally:
        sys.path.pop(0)
    return module


def _by_name(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))  # the command `dqm` does not look here by itself
    try:
        return importlib.import_module(name)
    except DqmError:
        raise
    except (Exception, SystemExit) as error:
        raise _unimportable(name, error) from error
    finally:
        sys.path.pop(0)


def _unimportable(place: str, error: BaseException) -> PipelineInvalid:
    last = traceback.extract_tb(error.__traceback__)[-1]
    at = "" if "importlib" in last.filename else f" ({Path(last.filename).name}:{last.lineno})"
    inside = at or isinstance(error, SyntaxError)
    name = "name a file such as pipelines/daily.py, or a module such as package.daily:pipeline"
    return PipelineInvalid(
        f"{place} cannot be imported{at}: {type(error).__name__}: {error}",
        fix="correct the file, or what it imports" if inside else name,
    )


def _pick(module: ModuleType, place: str, name: str) -> Pipeline:
    found: Mapping[str, Pipeline] = {
        key: value for key, value in vars(module).items() if isinstance(value, Pipeline)
    }
    if name in found:
        return found[name]
    if not found:
        raise PipelineInvalid(
            f"{place} holds no pipeline", fix="define one: pipeline = Pipeline('daily', (...))"
        )
    if name:
        raise PipelineInvalid(f"{place} holds no pipeline {name!r}", fix=suggest(name, found))
    if len(set(map(id, found.values()))) > 1:
        raise PipelineInvalid(
            f"{place} holds {len(found)} pipelines", fix=f"name one: {place}:{next(iter(found))}"
        )
    return next(iter(found.values()))
