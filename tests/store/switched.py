"""A service whose files change while tests run."""

from __future__ import annotations

from pathlib import Path

import eesclient as ees
from eesclient import Request
from tests.doors.api import Response

META = "col_name,col_type,label\nrate,Indicator,Rate\n"
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,rate\n"
ROW = "{},Calendar year,National,E92000001,England,{}\n"
COUNTS = "col_name,col_type,label\ncount,Indicator,Count\n"


class Switched:
    """A service of a folder, which is read again when its files changed; counts what it is asked."""

    source = "local"
    origin = "local:switched"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []

    def load(self) -> None:
        """Serve what is in the folder now."""
        self.service = ees.local.Service.from_folder(self.folder)
        self.ids = {found.title.lower(): found.id for found in ees.Client(service=self.service).data_sets()}

    def publish(self, name: str, *values: str) -> None:
        """Add or change a data file."""
        rows = "".join(ROW.format(2020 + year, value) for year, value in enumerate(values))
        (self.folder / f"{name}.csv").write_text(HEADER + rows)
        self.load()

    def describe(self, text: str) -> None:
        """Write what files cannot say."""
        (self.folder / "service.toml").write_text(text)
        self.load()

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        self.asked.append(request.path)
        return self.service.handle(request)

    def remove(self, name: str) -> None:
        """Take a data set away."""
        (self.folder / f"{name}.csv").unlink()
        (self.folder / f"{name}.meta.csv").unlink()
        self.load()


def switched(folder: Path) -> Switched:
    """Return a service of a new folder with two data sets at 1.0, `rates` and `counts`."""
    folder.mkdir()
    (folder / "rates.meta.csv").write_text(META)
    (folder / "counts.meta.csv").write_text(COUNTS)
    (folder / "counts.csv").write_text(HEADER.replace("rate", "count") + ROW.format(2020, 7))
    service = Switched(folder)
    service.publish("rates", "1.5", "z")
    return service
