"""API keys from the command line: made, listed and revoked straight in the table, local or deployed."""

import sys

from scripts.environments import ROOT

# The table is the product's own, and so is the code that knows it.
if str(ROOT / "layers" / "plumbline") not in sys.path:
    sys.path.insert(0, str(ROOT / "layers" / "plumbline"))
