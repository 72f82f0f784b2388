"""Every family of ops. Importing this package registers them all."""

from . import conv

__all__ = ["conv"]
