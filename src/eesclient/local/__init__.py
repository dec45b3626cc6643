"""The service in a box: the API answered from CSV files, without a network.

`Service.from_folder` serves your own CSV pairs, `demo` small synthetic data sets that come with the package; `check`
says what the service's import would say of a pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .checking import FileCheck, check
    from .findings import FileFinding
    from .service import Service, demo

__all__ = ["KS4_ID", "SEN_ID", "FileCheck", "FileFinding", "Service", "check", "demo"]

SEN_ID = "019d431f-f58f-73c2-9c1e-5e5fd3462e77"
"""Data set "National - Special educational needs (SEN) - API (synthetic)"."""

KS4_ID = "019d431f-519e-7527-999a-8019a8016012"
"""Data set "LA - Key Stage 4 (KS4) - API (synthetic)"."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # only who asks the service, or about a pair, needs Polars
        from . import checking, findings, service

        return next(getattr(module, name) for module in (service, checking, findings) if name in vars(module))


def __dir__() -> list[str]:
    return __all__
