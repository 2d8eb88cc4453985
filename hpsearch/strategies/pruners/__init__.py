"""One pruner per file. A file is named as the `type` in the experiment and has a `PRUNER`."""
