"""Lines into CloudWatch Logs, stamped by the cloud's clock."""

from collections.abc import Sequence

from mlspec.targets.local.cloud.world import World


def write_lines(world: World, group: str, *, stream: str, lines: Sequence[str]) -> None:
    """Append `lines` to a stream of `group`, making both when they are not there."""
    if not lines:
        return
    backend = world.backend("logs")
    stamp = int(world.clock.now().timestamp() * 1000)
    with world.lock:
        backend.ensure_log_group(group)
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        backend.put_log_events(group, stream, [{"timestamp": stamp, "message": line} for line in lines])
