"""The local AWS: MiniStack in one process, with an HTTP API's front door on a port of its own.

Runs in an environment of its own (see local-stack-requirements.txt): MiniStack pins its botocore.
"""
