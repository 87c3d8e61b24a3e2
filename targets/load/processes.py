"""An order carried out by one process or by several, each with its share of the rate and of the connections."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import uvloop

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.load.run import Order, drive
from mlspec.targets.load.samples import Samples, Summary, merged, summarize


def measure(order: Order, *, processes: int = 1) -> Summary:
    """Carry out `order` and tell it; raises SpecError when nobody answers there."""
    place = order.place
    try:
        samples = _one(order) if processes == 1 else _several(order, processes)
        return summarize(samples, rate=order.rate)
    except (OSError, UnicodeError) as error:  # UnicodeError: a host such as a..b
        where = f"{place.host}:{place.port}"
        hint = "start the server, or look at the URL"
        raise SpecError([Diagnostic("ML831", f"nobody answers at {where}: {error}", hint=hint)]) from error
    except ValueError as error:
        raise SpecError([Diagnostic("ML832", f"{order.rate:g} requests/s for {order.seconds:g} s: {error}")]) from error


def _one(order: Order) -> Samples:
    return uvloop.run(drive(order))


def _several(order: Order, processes: int) -> Samples:
    count = min(processes, order.connections)
    shares = [_share(order, count, number) for number in range(count)]
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        return merged(list(pool.map(_one, shares)))


def _share(order: Order, count: int, number: int) -> Order:
    connections = order.connections // count + (number < order.connections % count)
    return replace(order, rate=order.rate / count, connections=connections)
