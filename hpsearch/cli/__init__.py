"""The command line, one verb per file: it parses, calls `compose` and renders, no more."""
