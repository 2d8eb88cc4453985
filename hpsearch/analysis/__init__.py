"""Pure numbers about trials: evaluation, confirmation, intervals, what a study comes to."""
