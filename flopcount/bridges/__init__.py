"""From one tool's number to another's, and from a number to the tool that gives it."""
