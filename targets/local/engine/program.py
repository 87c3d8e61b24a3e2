"""Runs an emitted program, unchanged, in this process, under Pulumi's own SDK and a monitor of ours."""

import asyncio
import contextvars
import os
import runpy
import sys
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from mlspec.targets.local.engine.monitor import Monitor

_THREADS = 8


def run_program(folder: Path, monitor: Monitor, *, project: str, stack: str, config: Mapping[str, str]) -> None:
    """Run `folder`/__main__.py to its end; raises what it, or a registration, raised.

    The SDK keeps its settings in context variables: a context of its own makes every run the first one."""
    context = contextvars.copy_context()
    context.run(_run, folder, monitor, project, stack, config)


def _run(folder: Path, monitor: Monitor, project: str, stack: str, config: Mapping[str, str]) -> None:
    from pulumi import runtime
    from pulumi.runtime import settings

    settings.ROOT.set(None)
    runtime.set_all_config(
        {f"{project}:{key}": value for key, value in config.items()}, [f"{project}:{k}" for k in config]
    )
    runtime.configure(
        settings.Settings(
            project=project, stack=stack, monitor=monitor, engine=monitor, parallel=_THREADS, dry_run=False,
            organization="local", root_directory=str(folder),
        )
    )  # fmt: skip
    with _placed(folder):
        _drive(folder / "__main__.py")


def _drive(main: Path) -> None:
    """Pulumi's functions for a program, on an event loop of our own.

    When one registration fails the SDK leaves the others running in their threads: they are waited for, so that what
    they do is recorded."""
    from pulumi.runtime.stack import run_in_stack

    loop = asyncio.new_event_loop()
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="apply")
    loop.set_default_executor(threads)
    loop.set_exception_handler(lambda loop, context: None)  # every failure is recorded where it happens
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(run_in_stack(lambda: _execute(main)))
    finally:
        threads.shutdown(wait=True, cancel_futures=True)
        _cancel(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _execute(main: Path) -> None:
    with warnings.catch_warnings():  # pulumi_aws warns of its own deprecated classes while it is imported
        warnings.simplefilter("ignore", DeprecationWarning)
        runpy.run_path(str(main), run_name="__main__")


def _cancel(loop: asyncio.AbstractEventLoop) -> None:
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    if pending:
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))


@contextmanager
def _placed(folder: Path) -> Iterator[None]:
    """A program runs with its folder as working directory and on the path; neither outlives it, nor do its modules."""
    before, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder) + os.sep):
                del sys.modules[name]
