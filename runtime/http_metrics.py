"""The counts of all workers turned into Prometheus' text format, version 0.0.4."""

from collections.abc import Iterator, Mapping

from mlspec.runtime.http_counters import BOUNDS, ROUTES, STATUSES, Sums

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_ONE_NUMBER = (
    ("mlspec_rows_total", "counter", "rows", "Rows that were predicted."),
    ("mlspec_batches_total", "counter", "batches", "Calls of the model; requests that waited together share one."),
    ("mlspec_shed_total", "counter", "shed", "Requests refused because they would have waited too long."),
    ("mlspec_reloads_total", "counter", "reloads", "Releases that were put in the place of another."),
    ("mlspec_failed_reloads_total", "counter", "failed_reloads", "Releases that could not be loaded."),
    ("mlspec_lost_log_lines_total", "counter", "lost_log_lines", "Log lines that nobody took in time."),
    ("mlspec_worker_starts_total", "counter", "starts", "Processes started, the first ones included."),
    ("mlspec_connections", "gauge", "connections", "Connections that are open."),
    ("mlspec_ready_workers", "gauge", "ready", "Processes that have a release to serve."),
)


def metrics_text(sums: Sums, about: Mapping[str, str]) -> bytes:
    """The page; `about` says which release answers."""
    return ("\n".join(_lines(sums, about)) + "\n").encode()


def _lines(sums: Sums, about: Mapping[str, str]) -> Iterator[str]:
    yield from _heading("mlspec_requests_total", "counter", "Requests that were answered.")
    for route in ROUTES:
        for status in STATUSES:
            if count := sums.answers(route, status):
                yield f'mlspec_requests_total{{route="{route}",status="{status}"}} {count}'
    yield from _latency(sums)
    for name, kind, key, text in _ONE_NUMBER:
        yield from _heading(name, kind, text)
        yield f"{name} {sums.total(key)}"
    yield from _heading("mlspec_release_info", "gauge", "The release that serves.")
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in about.items())
    yield f"mlspec_release_info{{{labels}}} 1"


def _latency(sums: Sums) -> Iterator[str]:
    name = "mlspec_prediction_seconds"
    yield from _heading(name, "histogram", "From the last byte of a request to its answer.")
    below = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), sums.buckets(), strict=True):
        below += count
        yield f'{name}_bucket{{le="{bound}"}} {below}'
    yield f"{name}_sum {sums.seconds():.9f}"
    yield f"{name}_count {below}"


def _heading(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
