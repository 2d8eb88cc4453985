"""The command line, one command per file: it parses, calls the study and renders."""
