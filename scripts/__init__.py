"""What developers run: the local stack, the environments it needs, and small helpers of the Makefile."""
