"""What went wrong and what belongs together, across the gate and its notifications."""
