"""A pool in simulated time."""
