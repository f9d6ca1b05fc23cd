"""The benchmark of Midspan: one command, one table. See bench/README.md."""
