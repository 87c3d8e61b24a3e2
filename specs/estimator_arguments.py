"""The arguments of each estimator, by `_target_`; written by tests/specs/estimator_table.py."""

from collections.abc import Mapping
from types import MappingProxyType

# fmt: off
# One text for each estimator, not one for each argument: the table is read at every validation.
ARGUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "lightgbm.LGBMClassifier": (
            "alpha app application auc_mu_weights bagging bagging_by_query bagging_fraction "
            "bagging_fraction_seed bagging_freq bagging_seed bin_construct_sample_cnt blacklist boost "
            "boost_from_average boosting boosting_type bundle cat_column cat_feature cat_l2 cat_smooth "
            "categorical_column categorical_feature categorical_features cegb_penalty_feature_coupled "
            "cegb_penalty_feature_lazy cegb_penalty_split cegb_tradeoff class_weight colsample_bynode "
            "colsample_bytree config config_file contrib convert_model convert_model_file "
            "convert_model_language data data_filename data_random_seed data_sample_strategy data_seed "
            "deterministic device device_type drop_rate drop_seed early_stopping early_stopping_min_delta "
            "early_stopping_round early_stopping_rounds enable_bundle enable_sparse eta eval_at extra_seed "
            "extra_tree extra_trees fair_c fc feature_contri feature_contrib feature_fraction "
            "feature_fraction_bynode feature_fraction_seed feature_penalty feature_pre_filter "
            "first_metric_only force_col_wise force_row_wise forced_splits forced_splits_file "
            "forced_splits_filename forcedbins_filename forcedsplits_filename fp fs gpu_device_id "
            "gpu_device_id_list gpu_platform_id gpu_use_dp group group_column group_id has_header header "
            "hist_pool_size histogram_pool_size ignore_column ignore_feature importance_type input_model "
            "interaction_constraints is_enable_bundle is_enable_sparse is_pre_partition is_predict_contrib "
            "is_predict_leaf_index is_predict_raw_score is_provide_training_metric is_save_binary "
            "is_save_binary_file is_sparse is_training_metric is_unbalance l1_regularization "
            "l2_regularization label label_column label_gain lambda lambda_l1 lambda_l2 lambdarank_norm "
            "lambdarank_position_bias_regularization lambdarank_truncation_level leaf_index learning_rate "
            "linear_lambda linear_tree linear_trees local_listen_port local_port loss machine_list "
            "machine_list_file machine_list_filename machines map_at map_eval_at max_bin max_bin_by_feature "
            "max_bins max_cat_threshold max_cat_to_onehot max_delta_step max_depth max_drop max_iter "
            "max_leaf max_leaf_nodes max_leaf_output max_leaves max_tree_output mc mc_method mc_penalty "
            "metric metric_freq metric_types metrics min_child_samples min_child_weight min_data "
            "min_data_in_bin min_data_in_leaf min_data_per_group min_data_per_leaf min_gain_to_split "
            "min_hessian min_samples_leaf min_split_gain min_sum_hessian min_sum_hessian_in_leaf "
            "min_sum_hessian_per_leaf mlist model_in model_input model_out model_output "
            "monotone_constraining_method monotone_constraint monotone_constraints "
            "monotone_constraints_method monotone_penalty monotone_splits_penalty monotonic_cst ms_penalty "
            "multi_error_top_k n_estimators n_iter n_iter_no_change n_jobs name_pred ndcg_at ndcg_eval_at "
            "neg_bagging neg_bagging_fraction neg_sub_row neg_subsample nodes nrounds nthread nthreads "
            "num_boost_round num_class num_classes num_gpu num_grad_quant_bins num_iteration "
            "num_iteration_predict num_iterations num_leaf num_leaves num_machine num_machines num_round "
            "num_rounds num_thread num_threads num_tree num_trees objective objective_seed objective_type "
            "other_rate output_freq output_model output_result parser_config_file path_smooth "
            "poisson_max_delta_step port pos_bagging pos_bagging_fraction pos_sub_row pos_subsample "
            "pre_partition precise_float_parser pred_early_stop pred_early_stop_freq pred_early_stop_margin "
            "pred_name predict_contrib predict_disable_shape_check predict_leaf_index predict_name "
            "predict_raw_score predict_rawscore predict_result prediction_name prediction_result "
            "quant_train_renew_leaf query query_column query_id random_seed random_state rate_drop raw_score "
            "refit_decay_rate reg_alpha reg_lambda reg_sqrt save_binary save_period "
            "saved_feature_importance_type scale_pos_weight seed shrinkage_rate sigmoid skip_drop "
            "snapshot_freq sparse start_iteration_predict stochastic_rounding sub_feature sub_feature_bynode "
            "sub_row subsample subsample_for_bin subsample_freq task task_type test test_data test_data_file "
            "time_out top_k top_rate topk train train_data train_data_file train_metric training_metric tree "
            "tree_learner tree_learner_type tree_type tweedie_variance_power two_round two_round_loading "
            "unbalance unbalanced_sets uniform_drop use_missing use_quantized_grad use_two_round_loading "
            "valid valid_data valid_data_file valid_filenames verbose verbosity weight weight_column workers "
            "xgboost_dart_mode zero_as_missing"
        ),
        "lightgbm.LGBMRegressor": (
            "alpha app application auc_mu_weights bagging bagging_by_query bagging_fraction "
            "bagging_fraction_seed bagging_freq bagging_seed bin_construct_sample_cnt blacklist boost "
            "boost_from_average boosting boosting_type bundle cat_column cat_feature cat_l2 cat_smooth "
            "categorical_column categorical_feature categorical_features cegb_penalty_feature_coupled "
            "cegb_penalty_feature_lazy cegb_penalty_split cegb_tradeoff class_weight colsample_bynode "
            "colsample_bytree config config_file contrib convert_model convert_model_file "
            "convert_model_language data data_filename data_random_seed data_sample_strategy data_seed "
            "deterministic device device_type drop_rate drop_seed early_stopping early_stopping_min_delta "
            "early_stopping_round early_stopping_rounds enable_bundle enable_sparse eta eval_at extra_seed "
            "extra_tree extra_trees fair_c fc feature_contri feature_contrib feature_fraction "
            "feature_fraction_bynode feature_fraction_seed feature_penalty feature_pre_filter "
            "first_metric_only force_col_wise force_row_wise forced_splits forced_splits_file "
            "forced_splits_filename forcedbins_filename forcedsplits_filename fp fs gpu_device_id "
            "gpu_device_id_list gpu_platform_id gpu_use_dp group group_column group_id has_header header "
            "hist_pool_size histogram_pool_size ignore_column ignore_feature importance_type input_model "
            "interaction_constraints is_enable_bundle is_enable_sparse is_pre_partition is_predict_contrib "
            "is_predict_leaf_index is_predict_raw_score is_provide_training_metric is_save_binary "
            "is_save_binary_file is_sparse is_training_metric is_unbalance l1_regularization "
            "l2_regularization label label_column label_gain lambda lambda_l1 lambda_l2 lambdarank_norm "
            "lambdarank_position_bias_regularization lambdarank_truncation_level leaf_index learning_rate "
            "linear_lambda linear_tree linear_trees local_listen_port local_port loss machine_list "
            "machine_list_file machine_list_filename machines map_at map_eval_at max_bin max_bin_by_feature "
            "max_bins max_cat_threshold max_cat_to_onehot max_delta_step max_depth max_drop max_iter "
            "max_leaf max_leaf_nodes max_leaf_output max_leaves max_tree_output mc mc_method mc_penalty "
            "metric metric_freq metric_types metrics min_child_samples min_child_weight min_data "
            "min_data_in_bin min_data_in_leaf min_data_per_group min_data_per_leaf min_gain_to_split "
            "min_hessian min_samples_leaf min_split_gain min_sum_hessian min_sum_hessian_in_leaf "
            "min_sum_hessian_per_leaf mlist model_in model_input model_out model_output "
            "monotone_constraining_method monotone_constraint monotone_constraints "
            "monotone_constraints_method monotone_penalty monotone_splits_penalty monotonic_cst ms_penalty "
            "multi_error_top_k n_estimators n_iter n_iter_no_change n_jobs name_pred ndcg_at ndcg_eval_at "
            "neg_bagging neg_bagging_fraction neg_sub_row neg_subsample nodes nrounds nthread nthreads "
            "num_boost_round num_class num_classes num_gpu num_grad_quant_bins num_iteration "
            "num_iteration_predict num_iterations num_leaf num_leaves num_machine num_machines num_round "
            "num_rounds num_thread num_threads num_tree num_trees objective objective_seed objective_type "
            "other_rate output_freq output_model output_result parser_config_file path_smooth "
            "poisson_max_delta_step port pos_bagging pos_bagging_fraction pos_sub_row pos_subsample "
            "pre_partition precise_float_parser pred_early_stop pred_early_stop_freq pred_early_stop_margin "
            "pred_name predict_contrib predict_disable_shape_check predict_leaf_index predict_name "
            "predict_raw_score predict_rawscore predict_result prediction_name prediction_result "
            "quant_train_renew_leaf query query_column query_id random_seed random_state rate_drop raw_score "
            "refit_decay_rate reg_alpha reg_lambda reg_sqrt save_binary save_period "
            "saved_feature_importance_type scale_pos_weight seed shrinkage_rate sigmoid skip_drop "
            "snapshot_freq sparse start_iteration_predict stochastic_rounding sub_feature sub_feature_bynode "
            "sub_row subsample subsample_for_bin subsample_freq task task_type test test_data test_data_file "
            "time_out top_k top_rate topk train train_data train_data_file train_metric training_metric tree "
            "tree_learner tree_learner_type tree_type tweedie_variance_power two_round two_round_loading "
            "unbalance unbalanced_sets uniform_drop use_missing use_quantized_grad use_two_round_loading "
            "valid valid_data valid_data_file valid_filenames verbose verbosity weight weight_column workers "
            "xgboost_dart_mode zero_as_missing"
        ),
        "mlspec.runtime.networks.TabularMLP": (
            "hidden dropout"
        ),
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": (
            "covariance_estimator n_components priors shrinkage solver store_covariance tol"
        ),
        "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis": (
            "covariance_estimator priors reg_param shrinkage solver store_covariance tol"
        ),
        "sklearn.dummy.DummyClassifier": (
            "constant random_state strategy"
        ),
        "sklearn.dummy.DummyRegressor": (
            "constant quantile strategy"
        ),
        "sklearn.ensemble.AdaBoostClassifier": (
            "estimator learning_rate n_estimators random_state"
        ),
        "sklearn.ensemble.AdaBoostRegressor": (
            "estimator learning_rate loss n_estimators random_state"
        ),
        "sklearn.ensemble.BaggingClassifier": (
            "bootstrap bootstrap_features estimator max_features max_samples n_estimators n_jobs oob_score "
            "random_state verbose warm_start"
        ),
        "sklearn.ensemble.BaggingRegressor": (
            "bootstrap bootstrap_features estimator max_features max_samples n_estimators n_jobs oob_score "
            "random_state verbose warm_start"
        ),
        "sklearn.ensemble.ExtraTreesClassifier": (
            "bootstrap ccp_alpha class_weight criterion max_depth max_features max_leaf_nodes max_samples "
            "min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst "
            "n_estimators n_jobs oob_score random_state verbose warm_start"
        ),
        "sklearn.ensemble.ExtraTreesRegressor": (
            "bootstrap ccp_alpha criterion max_depth max_features max_leaf_nodes max_samples "
            "min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst "
            "n_estimators n_jobs oob_score random_state verbose warm_start"
        ),
        "sklearn.ensemble.GradientBoostingClassifier": (
            "ccp_alpha criterion init learning_rate loss max_depth max_features max_leaf_nodes "
            "min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf n_estimators "
            "n_iter_no_change random_state subsample tol validation_fraction verbose warm_start"
        ),
        "sklearn.ensemble.GradientBoostingRegressor": (
            "alpha ccp_alpha criterion init learning_rate loss max_depth max_features max_leaf_nodes "
            "min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf n_estimators "
            "n_iter_no_change random_state subsample tol validation_fraction verbose warm_start"
        ),
        "sklearn.ensemble.HistGradientBoostingClassifier": (
            "categorical_features class_weight early_stopping interaction_cst l2_regularization "
            "learning_rate loss max_bins max_depth max_features max_iter max_leaf_nodes min_samples_leaf "
            "monotonic_cst n_iter_no_change random_state scoring tol validation_fraction verbose warm_start"
        ),
        "sklearn.ensemble.HistGradientBoostingRegressor": (
            "categorical_features early_stopping interaction_cst l2_regularization learning_rate loss "
            "max_bins max_depth max_features max_iter max_leaf_nodes min_samples_leaf monotonic_cst "
            "n_iter_no_change quantile random_state scoring tol validation_fraction verbose warm_start"
        ),
        "sklearn.ensemble.RandomForestClassifier": (
            "bootstrap ccp_alpha class_weight criterion max_depth max_features max_leaf_nodes max_samples "
            "min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst "
            "n_estimators n_jobs oob_score random_state verbose warm_start"
        ),
        "sklearn.ensemble.RandomForestRegressor": (
            "bootstrap ccp_alpha criterion max_depth max_features max_leaf_nodes max_samples "
            "min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst "
            "n_estimators n_jobs oob_score random_state verbose warm_start"
        ),
        "sklearn.linear_model.ARDRegression": (
            "alpha_1 alpha_2 compute_score copy_X fit_intercept lambda_1 lambda_2 max_iter threshold_lambda "
            "tol verbose"
        ),
        "sklearn.linear_model.BayesianRidge": (
            "alpha_1 alpha_2 alpha_init compute_score copy_X fit_intercept lambda_1 lambda_2 lambda_init "
            "max_iter tol verbose"
        ),
        "sklearn.linear_model.ElasticNet": (
            "alpha copy_X fit_intercept l1_ratio max_iter positive precompute random_state selection tol "
            "warm_start"
        ),
        "sklearn.linear_model.ElasticNetCV": (
            "alphas copy_X cv eps fit_intercept l1_ratio max_iter n_jobs positive precompute random_state "
            "selection tol verbose"
        ),
        "sklearn.linear_model.GammaRegressor": (
            "alpha fit_intercept max_iter solver tol verbose warm_start"
        ),
        "sklearn.linear_model.HuberRegressor": (
            "alpha epsilon fit_intercept max_iter tol warm_start"
        ),
        "sklearn.linear_model.Lars": (
            "copy_X eps fit_intercept fit_path jitter n_nonzero_coefs precompute random_state verbose"
        ),
        "sklearn.linear_model.Lasso": (
            "alpha copy_X fit_intercept max_iter positive precompute random_state selection tol warm_start"
        ),
        "sklearn.linear_model.LassoCV": (
            "alphas copy_X cv eps fit_intercept max_iter n_jobs positive precompute random_state selection "
            "tol verbose"
        ),
        "sklearn.linear_model.LinearRegression": (
            "copy_X fit_intercept n_jobs positive tol"
        ),
        "sklearn.linear_model.LogisticRegression": (
            "C class_weight dual fit_intercept intercept_scaling l1_ratio max_iter n_jobs penalty "
            "random_state solver tol verbose warm_start"
        ),
        "sklearn.linear_model.LogisticRegressionCV": (
            "Cs class_weight cv dual fit_intercept intercept_scaling l1_ratios max_iter n_jobs penalty "
            "random_state refit scoring solver tol use_legacy_attributes verbose"
        ),
        "sklearn.linear_model.PoissonRegressor": (
            "alpha fit_intercept max_iter solver tol verbose warm_start"
        ),
        "sklearn.linear_model.QuantileRegressor": (
            "alpha fit_intercept quantile solver solver_options"
        ),
        "sklearn.linear_model.Ridge": (
            "alpha copy_X fit_intercept max_iter positive random_state solver tol"
        ),
        "sklearn.linear_model.RidgeCV": (
            "alpha_per_target alphas cv fit_intercept gcv_mode scoring store_cv_results"
        ),
        "sklearn.linear_model.SGDClassifier": (
            "alpha average class_weight early_stopping epsilon eta0 fit_intercept l1_ratio learning_rate "
            "loss max_iter n_iter_no_change n_jobs penalty power_t random_state shuffle tol "
            "validation_fraction verbose warm_start"
        ),
        "sklearn.linear_model.SGDRegressor": (
            "alpha average early_stopping epsilon eta0 fit_intercept l1_ratio learning_rate loss max_iter "
            "n_iter_no_change penalty power_t random_state shuffle tol validation_fraction verbose "
            "warm_start"
        ),
        "sklearn.linear_model.TweedieRegressor": (
            "alpha fit_intercept link max_iter power solver tol verbose warm_start"
        ),
        "sklearn.naive_bayes.BernoulliNB": (
            "alpha binarize class_prior fit_prior force_alpha"
        ),
        "sklearn.naive_bayes.ComplementNB": (
            "alpha class_prior fit_prior force_alpha norm"
        ),
        "sklearn.naive_bayes.GaussianNB": (
            "priors var_smoothing"
        ),
        "sklearn.naive_bayes.MultinomialNB": (
            "alpha class_prior fit_prior force_alpha"
        ),
        "sklearn.neighbors.KNeighborsClassifier": (
            "algorithm leaf_size metric metric_params n_jobs n_neighbors p weights"
        ),
        "sklearn.neighbors.KNeighborsRegressor": (
            "algorithm leaf_size metric metric_params n_jobs n_neighbors p weights"
        ),
        "sklearn.neural_network.MLPClassifier": (
            "activation alpha batch_size beta_1 beta_2 early_stopping epsilon hidden_layer_sizes "
            "learning_rate learning_rate_init max_fun max_iter momentum n_iter_no_change nesterovs_momentum "
            "power_t random_state shuffle solver tol validation_fraction verbose warm_start"
        ),
        "sklearn.neural_network.MLPRegressor": (
            "activation alpha batch_size beta_1 beta_2 early_stopping epsilon hidden_layer_sizes "
            "learning_rate learning_rate_init loss max_fun max_iter momentum n_iter_no_change "
            "nesterovs_momentum power_t random_state shuffle solver tol validation_fraction verbose "
            "warm_start"
        ),
        "sklearn.svm.LinearSVR": (
            "C dual epsilon fit_intercept intercept_scaling loss max_iter random_state tol verbose"
        ),
        "sklearn.svm.NuSVR": (
            "C cache_size coef0 degree gamma kernel max_iter nu shrinking tol verbose"
        ),
        "sklearn.svm.SVC": (
            "C break_ties cache_size class_weight coef0 decision_function_shape degree gamma kernel max_iter "
            "probability random_state shrinking tol verbose"
        ),
        "sklearn.svm.SVR": (
            "C cache_size coef0 degree epsilon gamma kernel max_iter shrinking tol verbose"
        ),
        "sklearn.tree.DecisionTreeClassifier": (
            "ccp_alpha class_weight criterion max_depth max_features max_leaf_nodes min_impurity_decrease "
            "min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst random_state splitter"
        ),
        "sklearn.tree.DecisionTreeRegressor": (
            "ccp_alpha criterion max_depth max_features max_leaf_nodes min_impurity_decrease "
            "min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst random_state splitter"
        ),
        "sklearn.tree.ExtraTreeClassifier": (
            "ccp_alpha class_weight criterion max_depth max_features max_leaf_nodes min_impurity_decrease "
            "min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst random_state splitter"
        ),
        "sklearn.tree.ExtraTreeRegressor": (
            "ccp_alpha criterion max_depth max_features max_leaf_nodes min_impurity_decrease "
            "min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst random_state splitter"
        ),
        "xgboost.XGBClassifier": (
            "base_score booster callbacks colsample_bylevel colsample_bynode colsample_bytree device "
            "early_stopping_rounds enable_categorical eval_metric feature_types feature_weights gamma "
            "grow_policy importance_type interaction_constraints learning_rate max_bin max_cat_threshold "
            "max_cat_to_onehot max_delta_step max_depth max_leaves min_child_weight missing "
            "monotone_constraints multi_strategy n_estimators n_jobs num_parallel_tree objective "
            "random_state reg_alpha reg_lambda sampling_method scale_pos_weight subsample tree_method "
            "validate_parameters verbosity"
        ),
        "xgboost.XGBRFClassifier": (
            "base_score booster callbacks colsample_bylevel colsample_bynode colsample_bytree device "
            "early_stopping_rounds enable_categorical eval_metric feature_types feature_weights gamma "
            "grow_policy importance_type interaction_constraints learning_rate max_bin max_cat_threshold "
            "max_cat_to_onehot max_delta_step max_depth max_leaves min_child_weight missing "
            "monotone_constraints multi_strategy n_estimators n_jobs num_parallel_tree objective "
            "random_state reg_alpha reg_lambda sampling_method scale_pos_weight subsample tree_method "
            "validate_parameters verbosity"
        ),
        "xgboost.XGBRFRegressor": (
            "base_score booster callbacks colsample_bylevel colsample_bynode colsample_bytree device "
            "early_stopping_rounds enable_categorical eval_metric feature_types feature_weights gamma "
            "grow_policy importance_type interaction_constraints learning_rate max_bin max_cat_threshold "
            "max_cat_to_onehot max_delta_step max_depth max_leaves min_child_weight missing "
            "monotone_constraints multi_strategy n_estimators n_jobs num_parallel_tree objective "
            "random_state reg_alpha reg_lambda sampling_method scale_pos_weight subsample tree_method "
            "validate_parameters verbosity"
        ),
        "xgboost.XGBRegressor": (
            "base_score booster callbacks colsample_bylevel colsample_bynode colsample_bytree device "
            "early_stopping_rounds enable_categorical eval_metric feature_types feature_weights gamma "
            "grow_policy importance_type interaction_constraints learning_rate max_bin max_cat_threshold "
            "max_cat_to_onehot max_delta_step max_depth max_leaves min_child_weight missing "
            "monotone_constraints multi_strategy n_estimators n_jobs num_parallel_tree objective "
            "random_state reg_alpha reg_lambda sampling_method scale_pos_weight subsample tree_method "
            "validate_parameters verbosity"
        ),
    }
)
