"""Configs by name -> one tree, by Hydra's compose API; nothing is read from disk and no global state is left behind."""

import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

_ONE_AT_A_TIME = threading.Lock()  # Hydra keeps its configs and itself in globals
PRIMARY = "spec"


class CompositionError(Exception):
    """Hydra's reason, in one line."""


def hydra_compose(configs: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Compose the config named `spec`; interpolations are left as they are. Raises CompositionError."""
    from hydra import compose
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with _ONE_AT_A_TIME, _hydra(configs):
            composed = compose(PRIMARY, overrides=list(overrides))
        tree: Any = OmegaConf.to_container(composed, resolve=False)
    except (HydraException, OmegaConfBaseException, ValueError, TypeError, AssertionError) as error:
        cause = error.__cause__ or error
        raise CompositionError((str(cause).strip().splitlines() or [type(cause).__name__])[0]) from error
    return dict(tree)


def resolve(tree: Mapping[str, Any]) -> dict[str, Any]:
    """`tree` with every interpolation replaced by what it names; all are known to be safe, and to lead somewhere."""
    from omegaconf import OmegaConf

    resolved: Any = OmegaConf.to_container(OmegaConf.create(dict(tree)), resolve=True)
    return dict(resolved)


@contextmanager
def _hydra(configs: Mapping[str, Any]) -> Iterator[None]:
    """Hydra, initialized over `configs` alone; what was there before is put back."""
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
            _store(store, configs)
            with initialize(config_path=None, job_name="mlspec"):
                yield
    finally:
        store.repo = repo
        GlobalHydra.instance().hydra = running


def _store(store: Any, configs: Mapping[str, Any]) -> None:
    for name, config in configs.items():
        group, _, leaf = name.rpartition("/")
        store.repo.pop(f"{name}.yaml", None)
        package = {"package": "_global_"} if group else {}
        store.store(name=leaf, group=group or None, node=config, replace=True, **package)
