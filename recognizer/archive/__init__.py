"""Reads whole archives with many workers, on one machine or a cluster, into Parquet data sets; the extra [archive]."""
