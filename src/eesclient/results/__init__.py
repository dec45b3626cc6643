"""Results: the frame with its columns, warnings and provenance; shapes, totals, digests, citations, Parquet."""
