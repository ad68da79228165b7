"""The bench: one real language model under every format, and what that does to it, as rows.

experiments: what is tried, as data, in formats (how numbers are stored) and by methods (what is
done to the model), with calibrated (what its matrices read). measure: one experiment becomes one
row of data/bench.toml; record: how such a row is written. `python -m lecture_lib.bench` runs what
has no row yet. again: one row recomputed while you wait. published: what others measured on larger
models.
"""
