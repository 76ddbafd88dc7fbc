"""What an expression fails with, in the service's words."""

from __future__ import annotations


class ExpressionError(Exception):
    """Its activity fails with this message and the code InvalidTemplate."""
