"""A folder for PYTHONPATH that gives a Python process the cloud's clock, as it stands when the process starts."""

from pathlib import Path

from mlspec.targets.local.cloud.world import World

# Python runs sitecustomize before anything else. time_machine would load pytest where it finds it: that takes longer
# than many a job, so it is told there is none.
_SITE = """
import struct, sys, time
with open({clock!r}, "rb") as held:
    offset = struct.unpack("d", held.read(8))[0]
if offset:
    try:
        known = sys.modules.get("pytest")
        sys.modules["pytest"] = None
        import time_machine
    except ImportError:
        pass
    else:
        time_machine.travel(time.time() + offset, tick=True).start()
    finally:
        del sys.modules["pytest"]
        if known is not None:
            sys.modules["pytest"] = known
"""


def clock_folder(world: World) -> Path:
    """The folder, made when it is first asked for."""
    folder = world.directory / "process-clock"
    with world.lock:
        folder.mkdir(exist_ok=True)
        place = folder / "sitecustomize.py"
        if not place.exists():
            place.write_text(_SITE.format(clock=str(world.clock.offset_file)))
    return folder
