"""All cases: each module of this folder is imported, which adds its own."""

import importlib
import pkgutil

from tests import growth
from tests.growth.cases import CASES, Case

for _module in pkgutil.iter_modules(growth.__path__, f"{growth.__name__}."):
    if not _module.name.rpartition(".")[2].startswith("test_") and _module.name != __name__:
        importlib.import_module(_module.name)

__all__ = ["CASES", "Case"]
