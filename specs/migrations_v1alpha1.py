"""From `mlspec/v1alpha1`, the language of the first drafts, to `mlspec/v1`: every difference, in one table.

The drafts borrowed their words from the tools they were to replace: SageMaker's plain numbers of seconds and gigabytes,
pandas' dtypes, lists of columns. `mlspec/v1` has one word for a thing, and quantities that carry their unit."""

from mlspec.specs.migrations_edits import Change, renamed, reworded, with_unit, wrapped
from mlspec.specs.migrations_keyed import keyed

_COLUMN = "data.columns.*"

CHANGES: tuple[Change, ...] = (
    renamed("model", "name"),
    renamed("deploy", "rollout"),
    renamed("alerts", "notify"),
    wrapped("budget", "monthly", unit=" USD"),
    wrapped("data.source", "uri"),
    renamed("data.window_days", "window"),
    with_unit("data.window_days", "d"),
    keyed("data.columns", "name"),
    renamed(f"{_COLUMN}.dtype", "type"),
    reworded(f"{_COLUMN}.dtype", "timestamp", "datetime"),
    reworded(f"{_COLUMN}.dtype", "enum", "category"),
    reworded(f"{_COLUMN}.role", "target", "label"),
    reworded(f"{_COLUMN}.role", "drop", "ignore"),
    renamed(f"{_COLUMN}.missing", "nullable"),
    with_unit(f"{_COLUMN}.missing", "%"),
    with_unit("data.split.test", "%"),
    with_unit("data.split.validation", "%"),
    renamed("training.model", "estimator"),
    renamed("training.model.class", "_target_"),
    with_unit("training.compute.max_runtime", "s"),
    with_unit("training.compute.volume", " GiB"),
    renamed("gates.*.by", "each"),
    with_unit("gates.*.confidence", "%"),
    with_unit("gates.*.max", "ms", where=("metric", ("latency_p99",))),
    with_unit("serving.memory", " MiB"),
    with_unit("serving.timeout", "s"),
    with_unit("deploy.bake", "s"),
    with_unit("deploy.steps.*", "%"),
    with_unit("deploy.max_error_rate", "%"),
    renamed("monitors.*.type", "signal"),
    with_unit("monitors.*.window", "s"),
    with_unit("monitors.*.max", "ms", where=("type", ("latency_p99",))),
    with_unit("monitors.*.max", "%", where=("type", ("errors", "rejects"))),
    renamed("retraining.triggers", "on"),
    with_unit("retraining.cooldown", "s"),
    renamed("governance.log_days", "retention"),
    with_unit("governance.log_days", "d"),
)
