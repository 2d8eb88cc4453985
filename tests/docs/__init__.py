"""The examples and the pages of README and docs, held against the code."""
