"""A return beside what was published of its authority."""

from __future__ import annotations

import polars as pl

from .._classes import frozen
from .errors import SEN2Error, did_you_mean, require_authority
from .figures import summarise
from .published import STATUS, Contradictions, Published, contradicting, figures_of
from .returns import Return, marked

VERDICTS = ("equal", "differs", "not derivable", "not published")
"""What may become of a figure: the last two say why in `why`."""


@frozen(kw_only=True, repr=False)
class Reconciliation:
    """The figures of a return beside the published ones of its authority.

    Attributes:
        authority: Its three digits, `old_la_code` in published files.
        file: The published file whose columns these are.
        frame: A row for each published figure: `column`, `time_period`, `derived` (ours), `published`, `difference`
            (derived less published), `verdict` (one of `VERDICTS`), `confidence`, `why` (also what the difference may
            come from).
        contradictions: What the published file says against itself, about any place.
        synthetic: Whether the return says that it is synthetic.
    """

    authority: str
    file: str
    frame: pl.DataFrame
    contradictions: Contradictions
    synthetic: bool

    def counts(self) -> dict[str, int]:
        """How many figures have each verdict."""
        found = dict(self.frame.group_by("verdict").len().iter_rows())
        return {verdict: found.get(verdict, 0) for verdict in VERDICTS}

    def __repr__(self) -> str:
        """Counts, and what they are of."""
        said = ", ".join(f"{count} {verdict}" for verdict, count in self.counts().items())
        return (
            f"<{marked(self.synthetic)}return beside {self.file} of {self.authority}: {said}; {self.contradictions!r}>"
        )


def reconcile(
    return_: Return, data: Published, *, authority: str | None = None, schools: pl.DataFrame | None = None
) -> Reconciliation:
    """Hold a return against the published figures of its authority.

    A difference is no proof of a mistake: the department corrects returns after they are sent, and how it counts is not
    public in full. The figures are those of the authority as a whole, not of its breakdowns.

    Args:
        return_: A return.
        data: A published data set of *Education, health and care plans*: a file, a frame, a result, or a data set that
            was opened at a version.
        authority: Three digits; by default the return's own `LEA`.
        schools: An extract of GIAS, as `summarise` takes it.

    Returns:
        Each published figure beside the return's own, with a verdict, and what the file says against itself.

    Raises:
        SEN2Error: The data set has none of the known columns, no row of the authority, or not the return's period.
    """
    ours = summarise(return_, schools=schools)
    if authority is not None:
        require_authority(authority)
    figures = figures_of(data)
    file = _file(ours, figures)
    wanted = _with_others(ours.filter(pl.col("file") == file), figures)
    code = authority or _authority(return_)
    row = _row(figures, code, wanted)
    published = [_published(row, name) for name in wanted["column"]]
    frame = wanted.with_columns(
        derived=pl.coalesce(pl.col("value").cast(pl.String).str.strip_suffix(".0"), "text"),
        figure=pl.Series([figure for figure, _ in published], dtype=pl.Float64),
        said=pl.Series([said for _, said in published], dtype=pl.String),
    )
    return Reconciliation(
        authority=code,
        file=file,
        frame=_judged(frame),
        contradictions=contradicting(figures),
        synthetic=return_.synthetic,
    )


def _file(ours: pl.DataFrame, figures: pl.DataFrame) -> str:
    """The published file that has most of a data set's columns; of two, the one of its kind of period."""
    columns = ours.filter(pl.col("column").is_in(figures.columns))
    if columns.is_empty():
        raise SEN2Error("the data set has no column that a return can be counted as")
    kinds = figures["time_identifier"].unique().to_list()
    # files share columns (a count of plans, say): their kind of period tells them apart
    best = columns.group_by("file").agg(pl.len(), kind=pl.col("time_identifier").is_in(kinds).any())
    return str(best.sort("len", "kind", "file", descending=[True, True, False])["file"][0])


def _authority(return_: Return) -> str:
    codes = return_.authority["LEA"].drop_nulls().unique().to_list()
    if len(codes) != 1:
        raise SEN2Error(f"the return names {len(codes)} authorities: say which by authority=")
    return str(codes[0])


def _row(figures: pl.DataFrame, code: str, wanted: pl.DataFrame) -> dict[str, object]:
    """The row of the authority, in the return's period, that is about everything."""
    if "old_la_code" not in figures.columns:
        raise SEN2Error("the data set has no column old_la_code, by which authorities are found")
    # in some frames the codes are numbers
    of_code = figures.filter(pl.col("old_la_code").cast(pl.String) == code)
    if of_code.is_empty():
        hint = did_you_mean(code, figures["old_la_code"].cast(pl.String).drop_nulls())
        raise SEN2Error(f"the data set has no authority {code}: name another by authority={hint}")
    period = str(wanted["time_period"][0])
    of_period = of_code.filter(pl.col("time_period") == period)
    if of_period.is_empty():
        there = ", ".join(sorted(of_code["time_period"].unique()))
        raise SEN2Error(f"the data set says nothing of authority {code} in {period}; it has {there}")
    whole = of_period
    if "breakdown" in figures.columns:
        # the row of everything repeats the topic; a frame without topics begins it with All
        is_whole = pl.col("breakdown").str.contains("^(All|New) ")
        if "breakdown_topic" in figures.columns:
            is_whole = pl.col("breakdown") == pl.col("breakdown_topic")
        whole = of_period.filter(is_whole)
    if whole.height != 1:
        raise SEN2Error(f"the data set has {whole.height} rows about everything of authority {code} in {period}")
    return whole.row(0, named=True)


def _with_others(wanted: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    """Add the published columns that nothing in a return is known to be."""
    counts = [name for name, type_ in figures.schema.items() if type_ == pl.Float64]
    others = pl.DataFrame({"column": [name for name in counts if name not in wanted["column"]]})
    why = pl.lit("nothing in a return is known to be this column")
    period = pl.lit(wanted["time_period"][0])
    return pl.concat([wanted, others.select("column", time_period=period, why_not=why)], how="diagonal_relaxed")


def _published(row: dict[str, object], name: str) -> tuple[float | None, str | None]:
    """The published figure, and what is said: the number, the symbol in its place, or an officer's word."""
    value = row.get(name)
    if isinstance(value, float):
        return value, f"{value}".removesuffix(".0")
    said = row.get(f"{name}{STATUS}") if value is None else value
    return None, None if said is None else f"{said}"


def _judged(frame: pl.DataFrame) -> pl.DataFrame:
    # an officer's word is text; anywhere else text is a symbol
    missing = pl.col("figure").is_null() & (pl.col("said").is_null() | pl.col("value").is_not_null())
    same = (
        pl.when(pl.col("text").is_not_null())
        .then(pl.col("text") == pl.col("said"))
        .otherwise(
            # shares are published with one decimal place, and are not always rounded as one would
            (pl.col("value") - pl.col("figure")).abs() < 0.05
        )
    )
    return frame.select(
        "column",
        "time_period",
        "derived",
        published="said",
        difference=pl.col("value") - pl.col("figure"),
        verdict=pl.when(pl.col("why_not").is_not_null())
        .then(pl.lit("not derivable"))
        .when(missing)
        .then(pl.lit("not published"))
        .when(same)
        .then(pl.lit("equal"))
        .otherwise(pl.lit("differs")),
        confidence="confidence",
        why=pl.coalesce("why_not", pl.when(missing).then(pl.lit("no number is published")), "note"),
    )
