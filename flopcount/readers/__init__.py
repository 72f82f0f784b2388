"""Readers: one file (or folder) per kind of source, each turning it into a Graph."""
