"""Benchmarks: hpsearch beside what people would pick instead; see README.md for the results."""
