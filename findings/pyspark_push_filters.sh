#!/usr/bin/env bash
# PySpark 4.1.0 to 4.3.0 keep a filter that was pushed to a Python data source for the next queries on the same frame.
#
# A reader of a Python data source may take filters over (`DataSourceReader.pushFilters`, with
# spark.sql.python.filterPushdown.enabled). Spark keeps the reader of a frame with what was pushed to it: after one
# filtered query, a count of everything counts that part alone, and a union of two parts has one of them twice. There
# is no error and no warning.
#
# Seen with 4.1.0 and 4.3.0; `bash pyspark_push_filters.sh 4.1.0 4.3.0` tries several.
#
# For our users: the source `ees` has no pushFilters; what is asked of the service goes by options.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
for version in "${@:-4.3.0}"; do
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "pyspark==$version" "pyarrow>=17" \
        "pandas<3" setuptools
    cd "$folder"
    PYSPARK_PYTHON="$folder/venv/bin/python" SPARK_LOCAL_IP=127.0.0.1 "$folder/venv/bin/python" - <<'PYTHON' 2>"$folder/log" ||
import pyspark
from pyspark.sql import SparkSession


def source():
    # in a function, so that it is sent to Spark's workers by value
    from pyspark.sql.datasource import DataSource, DataSourceReader, EqualTo

    class Reader(DataSourceReader):
        wanted = None

        def pushFilters(self, filters):
            for one in filters:
                if isinstance(one, EqualTo) and one.attribute == ("year",):
                    self.wanted = one.value
                else:
                    yield one

        def read(self, partition):
            yield from ((year, n) for year in (2023, 2024) for n in range(3) if self.wanted in (None, year))

    class Years(DataSource):
        @classmethod
        def name(cls):
            return "years"

        def schema(self):
            return "year INT, n INT"

        def reader(self, schema):
            return Reader()

    return Years


builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
spark = builder.config("spark.sql.python.filterPushdown.enabled", "true").getOrCreate()
spark.dataSource.register(source())
frame = spark.read.format("years").load()
before = frame.count()
first, second = frame.filter("year = 2023"), frame.filter("year = 2024")
first_rows = first.count()
after = frame.count()
fresh = spark.read.format("years").load()
union = sorted({row.year for row in fresh.filter("year = 2023").union(fresh.filter("year = 2024")).collect()})
print(f"PySpark {pyspark.__version__}: 6 rows, 3 of each year")
print(f"  count of everything, before and after a filtered count of {first_rows}: {before}, then {after}")
print(f"  years in the union of 2023 and 2024: {union}")
assert before == 6, "the source is right by itself"
assert after != 6 or union != [2023, 2024], "PySpark no longer keeps a pushed filter"
PYTHON
    { tail -n 20 "$folder/log"; exit 1; }
done
