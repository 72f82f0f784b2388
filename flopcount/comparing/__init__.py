"""Networks beside one another: which layer stands for which, and what differs."""
