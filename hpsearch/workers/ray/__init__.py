"""Workers as Ray actors; Ray is imported here alone."""
