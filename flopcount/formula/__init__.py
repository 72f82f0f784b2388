"""A formula as text: numbers that remember how they came about, and how they are written."""
