"""What series usually look like: sketches of their values, and baselines fitted from them. Pure."""

from plumbline.baselines.baseline import LEAST_COUNT, SENSITIVITIES, Baseline, Keys
from plumbline.baselines.baselines import Baselines
from plumbline.baselines.sketch import Bar, Sketch
from plumbline.baselines.sketches import Sketches

__all__ = ["LEAST_COUNT", "SENSITIVITIES", "Bar", "Baseline", "Baselines", "Keys", "Sketch", "Sketches"]
