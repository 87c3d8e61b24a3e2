"""Rules across the blocks of a spec: one visible table, each rule a function from what can be read to what is wrong."""

from collections.abc import Callable, Iterator
from itertools import islice

from mlspec.specs import rules_data, rules_embedding, rules_gates, rules_operation, rules_training
from mlspec.specs.view import View
from mlspec.specs.wording import Wording

_MOST_FOUND = 100
Rule = Callable[[View], Iterator[Wording]]

RULES: tuple[Rule, ...] = (
    rules_data.reachable_source,
    rules_data.some_label,
    rules_data.learnable_label,
    rules_data.one_time_column,
    rules_data.time_needs_a_column,
    rules_data.lengths_go_with_time,
    rules_data.some_features,
    rules_data.personal_data_on_purpose,
    rules_data.bounds_fit_the_type,
    rules_data.unique_columns_exist,
    rules_data.splits_leave_rows,
    rules_data.one_aim_of_tuning,
    rules_training.known_estimator,
    rules_training.framework_is_the_estimator_s,
    rules_training.known_arguments,
    rules_training.known_steps,
    rules_training.own_modules,
    rules_embedding.embeddings_need_their_network,
    rules_embedding.embeddings_are_no_predictions,
    rules_gates.metrics_fit_the_task,
    rules_gates.limits_are_on_the_right_side,
    rules_gates.segments_are_categories,
    rules_gates.outputs_are_labels,
    rules_gates.keys_have_an_effect,
    rules_gates.approvals_name_an_environment,
    rules_operation.names_fit_aws,
    rules_operation.steps_rise,
    rules_operation.rollback_signals_are_watched,
    rules_operation.monitored_columns_are_features,
    rules_operation.signals_once,
    rules_operation.monitor_metrics_fit_the_task,
    rules_operation.retraining_signals_are_watched,
    rules_operation.schedules_are_whole,
)


def check_rules(view: View) -> list[Wording]:
    """Everything the rules find, up to a hundred times each: a mistake made more often is one in a program."""
    return [found for rule in RULES for found in islice(rule(view), _MOST_FOUND)]
