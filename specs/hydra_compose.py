"""A tree and overrides -> the tree Hydra's compose API makes; nothing read from disk, no global state left."""

import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mlspec.specs.interpolation import REFERENCE, texts
from mlspec.specs.paths import path_in
from mlspec.specs.stand_ins import StandIns

_ONE_AT_A_TIME = threading.Lock()  # Hydra keeps its configs and itself in globals
_NAME = "spec"


class CompositionError(Exception):
    """Hydra's reason, in one line."""


def hydra_compose(tree: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Apply the overrides to `tree`; interpolations are left as they are. Raises CompositionError."""
    from hydra import compose
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with _ONE_AT_A_TIME, _hydra(tree):
            composed = compose(_NAME, overrides=list(overrides))
        result: Any = OmegaConf.to_container(composed, resolve=False)
    except (HydraException, OmegaConfBaseException, ValueError, TypeError, AssertionError) as error:
        cause = error.__cause__ or error
        raise CompositionError((str(cause).strip().splitlines() or [type(cause).__name__])[0]) from error
    return dict(result)


def resolve(tree: Mapping[str, Any]) -> dict[str, Any]:
    """`tree` with every interpolation replaced by what it names; all are known to be safe, and to lead somewhere."""
    named = {reference for _, text in texts(tree) for reference in REFERENCE.findall(text)}
    if not named:
        return dict(tree)
    from omegaconf import OmegaConf

    paths = {reference: path_in(tree, reference) for reference in named}
    names = StandIns(paths.values())
    said = _said({reference: names.key(path) for reference, path in paths.items()}, tree)
    resolved: Any = OmegaConf.to_container(OmegaConf.create(names.put(said)), resolve=True)
    return dict(names.taken_out(resolved))


def _said(words: Mapping[str, str], value: Any) -> Any:
    """`value`, its interpolations in words that OmegaConf's grammar has."""
    if isinstance(value, Mapping):
        return {key: _said(words, child) for key, child in value.items()}
    if isinstance(value, list):
        return [_said(words, child) for child in value]
    return REFERENCE.sub(lambda match: f"${{{words[match[1]]}}}", value) if isinstance(value, str) else value


@contextmanager
def _hydra(tree: Mapping[str, Any]) -> Iterator[None]:
    """Hydra, initialized over `tree` alone; what was there before is put back."""
    from hydra import initialize
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra

    store, hydra = ConfigStore.instance(), GlobalHydra.instance()
    repo, running = store.repo, hydra.hydra
    store.repo = dict(repo)
    hydra.clear()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store.repo.pop(f"{_NAME}.yaml", None)
            store.store(name=_NAME, node=dict(tree), replace=True)
            with initialize(config_path=None, job_name="mlspec"):
                yield
    finally:
        store.repo = repo
        GlobalHydra.instance().hydra = running
