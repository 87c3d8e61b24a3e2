"""How traffic moves to a new release of flight-delay: flight-delay.yaml:47."""

from mlspec.runtime.rollout import Steps

STEPS = Steps(
    shares=(0.05, 0.25, 1.0),
    bake=600.0,
)
