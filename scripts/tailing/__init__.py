"""`make tail`: the logs of all functions of a stack, in one stream of readable lines."""
