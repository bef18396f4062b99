"""What all unit tests share."""

from hypothesis import settings

# No deadlines: how long an example takes says more of the machine than of the code. Derandomised, so that a
# change is judged by the same examples everywhere.
settings.register_profile("unit", deadline=None, derandomize=True)
settings.load_profile("unit")
