"""How traffic moves to a new release of churn: spec.yaml:13."""

from mlspec.runtime.rollout import Steps

STEPS = Steps(
    shares=(1.0,),
    bake=60.0,
)
