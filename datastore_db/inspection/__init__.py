"""The inspection of a picture file: format, size, checksums, and its tags."""

from .formats import KNOWN_EXTENSIONS, detect
from .picture import MAX_PIXELS, Inspection, inspect

__all__ = ["KNOWN_EXTENSIONS", "MAX_PIXELS", "Inspection", "detect", "inspect"]
