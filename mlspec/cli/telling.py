"""Rows and a label -> the columns that tell it nearly by themselves, as the training job's leakage check would find."""

from typing import TYPE_CHECKING

from mlspec.specs.draft import ColumnFacts

if TYPE_CHECKING:
    import polars as pl

SAMPLE = 20_000
LIMIT = 0.95  # below the training job's 0.98: on other rows the value is another
_BINS = 64


def telling(rows: "pl.DataFrame", label: ColumnFacts, names: list[str]) -> list[str]:
    """Those of the columns `names` that predict the label on one half of the rows when it is averaged over the other:
    by ROC AUC, the mean over the classes, or by R2 where the label is an amount."""
    rows = rows.sample(min(SAMPLE, rows.height), shuffle=True, seed=7)
    amounts = label.kind == "float" or (label.kind == "int" and not label.values)
    targets = [rows[label.name].cast(float)] if amounts else _one_against_the_rest(rows[label.name])
    return [name for name in names if _score(_bins(rows[name]), targets, amounts=amounts) >= LIMIT]


def _one_against_the_rest(label: "pl.Series") -> list["pl.Series"]:
    words = label.cast(str)
    classes = sorted(words.unique().drop_nulls().to_list())
    return [(words == one).cast(float) for one in (classes[1:] if len(classes) == 2 else classes)]


def _bins(values: "pl.Series") -> "pl.Series":
    """The values in at most 64 bins with as many rows each, or as they are where they are words; nulls apart."""
    if values.dtype.is_numeric() and values.n_unique() > _BINS:
        known = values.cast(float).fill_nan(None)
        count = max(2, min(_BINS, len(values) // 20))
        return (known.rank("max") * (count / (len(values) + 1))).floor().cast(str)
    return values.cast(str)


def _score(bins: "pl.Series", targets: list["pl.Series"], *, amounts: bool) -> float:
    scores = [_one_score(bins, target, amounts=amounts) for target in targets]
    return sum(scores) / len(scores) if scores else 0.0


def _one_score(bins: "pl.Series", target: "pl.Series", *, amounts: bool) -> float:
    import polars as pl

    half = len(target) // 2
    table = pl.DataFrame({"bin": bins, "target": target})
    means = table[:half].group_by("bin").agg(pl.col("target").mean().alias("guess"))
    judged = table[half:].join(means, on="bin", how="left", nulls_equal=True)
    guess = judged["guess"].fill_null(float(table[:half]["target"].mean() or 0.0))  # type: ignore[arg-type]
    return _r2(judged["target"], guess) if amounts else _roc_auc(judged["target"], guess)


def _r2(target: "pl.Series", guess: "pl.Series") -> float:
    spread = float(((target - float(target.mean() or 0.0)) ** 2).sum())  # type: ignore[arg-type]
    return 1 - float(((target - guess) ** 2).sum()) / spread if spread else 0.0


def _roc_auc(target: "pl.Series", guess: "pl.Series") -> float:
    """From the sum of ranks; 0 where one half has one class only."""
    ones = int(target.sum())
    zeros = len(target) - ones
    if not (ones and zeros):
        return 0.0
    ranks = float(guess.rank("average").filter(target == 1.0).sum())
    return (ranks - ones * (ones + 1) / 2) / (ones * zeros)
