"""Libraries that are slow to import, and are imported when they are first used, so that `import eesclient` is light."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import anyio.to_thread  # pyright: ignore[reportUnusedImport]  # makes `anyio.to_thread` known
    import polars as pl
    import tenacity

__all__ = ["anyio", "pl", "tenacity"]


class LazyModule(ModuleType):
    """Stands for a module, which it imports when one of its names is asked for.

    Args:
        name: Name of the module.
        inside: Modules inside it that are imported with it.
    """

    def __init__(self, name: str, *inside: str) -> None:
        super().__init__(name)
        self._inside = inside

    @cached_property
    def _module(self) -> ModuleType:
        for name in self._inside:
            import_module(f"{self.__name__}.{name}")
        return import_module(self.__name__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


if not TYPE_CHECKING:
    anyio, pl, tenacity = LazyModule("anyio", "to_thread"), LazyModule("polars"), LazyModule("tenacity")
