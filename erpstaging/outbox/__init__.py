"""Facts recorded in the caller's transaction, for whoever listens."""
