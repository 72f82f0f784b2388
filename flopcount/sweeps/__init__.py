"""One network at many settings."""
