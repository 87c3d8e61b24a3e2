"""Jobs -> outcomes, in worker processes that import the compiler once each; one that dies costs its own job only."""

import multiprocessing
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


def work(function: Callable[[J], R], jobs: Sequence[J], workers: int) -> Iterator[tuple[int, R | Died]]:
    """Each job's number and result, as they come; `function` and the jobs must be picklable."""
    waiting = list(reversed(range(len(jobs))))
    running: list[_Worker[J]] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_started(function))
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


def _started(function: Callable[[J], R]) -> _Worker[J]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(function, theirs), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(function: Callable[[J], R], pipe: Connection) -> None:
    """What a worker does until nothing is sent any more."""
    try:
        while True:
            pipe.send(function(pipe.recv()))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
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
