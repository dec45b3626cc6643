"""The tree of a question, under the name by which scripts that `to_python` printed before import it."""

from .tree import *  # noqa: F403
