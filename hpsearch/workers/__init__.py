"""Where attempts run: warm Ray actors, or this very process; both around the same `Worker`."""
