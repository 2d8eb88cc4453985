"""The worker of the process that searches."""
