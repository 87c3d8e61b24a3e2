"""The unit that watches drift: the spec's drift monitors as literals, and the runtime that judges them."""

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.inference_columns import inputs_of
from mlspec.compiler.units.literals import literal
from mlspec.specs.checked import Checked
from mlspec.specs.models import Monitor, Spec

DRIFT_SIGNALS = ("data_drift", "prediction_drift")

_HANDLER = '''"""The entry point of {name}'s monitor: what the spec says is watched."""

from mlspec.runtime.monitor import Monitor
from mlspec.runtime.monitor_rules import Watch

WATCHES: tuple[Watch, ...] = ({watches})

handler = Monitor(WATCHES)
'''


def monitor_unit(checked: Checked) -> Unit:
    """The scheduled Lambda function `handler.handler`; the platform has all it needs."""
    return Unit(
        name="monitor",
        files={"handler.py": _handler(checked).encode()},
        vendored=("monitor",),
        requirements=(),
        python=checked.spec.serving.python,
        architecture=checked.spec.serving.architecture,
        platform="lambda",
    )


def _handler(checked: Checked) -> str:
    watches = "".join(
        _watch(checked.spec, monitor, str(checked.origins.of(f"monitors.{number}")))
        for number, monitor in enumerate(checked.spec.monitors)
        if monitor.signal in DRIFT_SIGNALS
    )
    return _HANDLER.format(name=checked.spec.name, watches=f"\n{watches}" if watches else "")


def _watched(spec: Spec, columns: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """The inputs that are watched: of a time, each of its parts."""
    if isinstance(columns, str):
        return columns
    return tuple(input_.name for name in columns for input_ in inputs_of(name, spec.data.columns[name]))


def _watch(spec: Spec, monitor: Monitor, place: str) -> str:
    watched = literal(_watched(spec, monitor.columns))
    columns = "" if monitor.signal == "prediction_drift" else f"        columns={watched},\n"
    return (
        f"    # {ascii(' '.join(place.split()))[1:-1]}\n"
        "    Watch(\n"
        f'        signal="{monitor.signal}",\n'
        f'        method="{monitor.method}",\n'
        f"        window={monitor.window.milliseconds},  # {monitor.window}\n"
        f"        min_rows={monitor.min_rows},\n"
        f"{columns}"
        "    ),\n"
    )
