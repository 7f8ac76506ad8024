"""All cases: to import their modules adds them."""

from tests.growth import feedback, inferences, others, pictures, pipelines
from tests.growth.cases import CASES, Case

__all__ = ["CASES", "Case", "feedback", "inferences", "others", "pictures", "pipelines"]
