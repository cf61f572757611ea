"""What the cases of the benchmarks share: servers pinned to one CPU, load on another, rounds in turn, results."""
