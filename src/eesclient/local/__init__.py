"""The service in a box: the API answered from CSV files, without a network.

`Service.from_folder` serves your own CSV pairs, `demo` small synthetic data sets that come with the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .service import Service
    from .synthetic import KS4_ID, SEN_ID, demo

__all__ = ["KS4_ID", "SEN_ID", "Service", "demo"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # only who asks the service needs Polars
        if name == "Service":
            from . import service as module
        elif name in __all__:
            from . import synthetic as module
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
