"""A service with several versions of a data set, written as tests need them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

import eesclient as ees

HEADER = "time_period,time_identifier,geographic_level,country_code,country_name"
ENGLAND = "{},Calendar year,National,E92000001,England"


class Versions:
    """Versions of a data set `rates` in a folder, and the client that answers about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def write(
        self, number: str, columns: str, *rows: str, meta: str = "sex,Filter,Sex,,\ncount,Indicator,Count,,0"
    ) -> None:
        """Write a version: the columns behind the usual ones, and their cells, a row for each of some years."""
        name = "rates" if number == "1.0" else f"rates.v{number}"
        lines = [f"{ENGLAND.format(2020 + place)},{cells}" for place, cells in enumerate(rows)]
        (self.folder / f"{name}.csv").write_text("\n".join([f"{HEADER},{columns}", *lines, ""]))
        (self.folder / f"{name}.meta.csv").write_text(f"col_name,col_type,label,indicator_unit,indicator_dp\n{meta}\n")

    def describe(self, text: str) -> None:
        """Write what files cannot say."""
        (self.folder / "service.toml").write_text(text)

    def client(self) -> ees.Client:
        """A client that is asked about what is in the folder now."""
        return ees.Client(service=ees.local.Service.from_folder(self.folder))

    def open(self, version: str) -> ees.PinnedDataSet:
        """The data set at a version; rows stay readable, as the service answers in this process."""
        client = self.client()
        (found,) = client.data_sets()
        return client.open(found.id, version=version)


def texts(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with its labels as text."""
    return frame.with_columns(
        cells.cast(pl.String) for cells in frame if cells.dtype.base_type() in (pl.Categorical, pl.Enum)
    )


def kept(folder: Path) -> dict[str, bytes]:
    """All files below a folder, to see that none was changed."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
