"""One noun a file: how it is shown as text, and as JSON."""
