"""Our numbers beside those of counters that we did not write."""
