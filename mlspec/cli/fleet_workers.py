"""Jobs -> outcomes, in worker processes; one that dies costs its own job only."""

import multiprocessing
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")


@dataclass(frozen=True)
class Died:
    """What is known of a job whose worker ended under it."""

    exitcode: int | None


@dataclass
class _Worker(Generic[J]):
    """A process, the pipe to it, and the number of the job it has."""

    process: BaseProcess
    pipe: Connection
    job: int = -1


def work(
    function: Callable[[J], R], jobs: Sequence[J], workers: int, *, prepare: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, R | Died]]:
    """Each job's number and result, as they come; `function` and the jobs must be picklable. `prepare` is called before
    the first worker where workers begin with what this process has imported."""
    waiting = list(reversed(range(len(jobs))))
    running: list[_Worker[J]] = []
    forks = _can_fork()
    if forks and jobs:
        prepare()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_started(function, [worker.pipe for worker in running] if forks else None))
                _give(running[-1], jobs, waiting)
            ready = wait([worker.pipe for worker in running])
            for worker in [worker for worker in running if worker.pipe in ready]:
                number, result = worker.job, _taken(worker)
                alive = not isinstance(result, Died)
                if not (alive and waiting and _give(worker, jobs, waiting)):
                    running.remove(worker)
                    _end(worker)
                yield number, result
    finally:
        for worker in running:
            worker.process.terminate()
            _end(worker)


def _can_fork() -> bool:
    """A fork starts in no time and shares what is imported; beside threads it could stop for ever, and macOS's own
    libraries do not take it."""
    return sys.platform == "linux" and threading.active_count() == 1


def _started(function: Callable[[J], R], forked_over: Sequence[Connection] | None) -> _Worker[J]:
    """A worker: forked, where the pipes that it must not keep open are told, else a Python of its own."""
    ours, theirs = multiprocessing.Pipe()
    process: BaseProcess
    if forked_over is None:
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(function, theirs), daemon=True)
    else:
        arguments = (function, theirs, [*forked_over, ours])
        process = multiprocessing.get_context("fork").Process(target=_serve_forked, args=arguments, daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve_forked(function: Callable[[J], R], pipe: Connection, others: Sequence[Connection]) -> None:
    """A worker that held the other end of a pipe open would never hear that the parent is gone."""
    for other in others:
        other.close()
    _serve(function, pipe)


def _serve(function: Callable[[J], R], pipe: Connection) -> None:
    """What a worker does until nothing is sent any more."""
    try:
        while True:
            pipe.send(function(pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return


def _give(worker: _Worker[J], jobs: Sequence[J], waiting: list[int]) -> bool:
    """The next job to `worker`; one that a dead worker could not take is told as dead when its pipe is read."""
    worker.job = waiting.pop()
    try:
        worker.pipe.send(jobs[worker.job])
    except BrokenPipeError:
        return True
    return True


def _taken(worker: _Worker[J]) -> "R | Died":
    try:
        result: R = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        worker.process.join()
        return Died(worker.process.exitcode)
    return result


def _end(worker: _Worker[J]) -> None:
    worker.pipe.close()
    worker.process.join()
