"""The service in a box: the API answered from CSV files, without a network.

`Service.from_folder` serves your own CSV pairs, `demo` small synthetic data sets that come with the package.
"""

from __future__ import annotations

from .demo import KS4_ID, SEN_ID, demo
from .service import Service

__all__ = ["KS4_ID", "SEN_ID", "Service", "demo"]
