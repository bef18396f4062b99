"""Plumbline: what an LLM application is asked and answers, measured and judged.

Arrows between the packages run one way::

    functions → http, imports → recording → alerts → baselines → metrics → models

``metrics``, ``baselines`` and ``alerts`` are pure: no AWS, no environment, no clock. ``storage`` is the
only package that knows DynamoDB and S3; it is handed in at the edge.
"""

__version__ = "0.1.0"
