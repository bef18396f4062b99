"""The only package that knows DynamoDB and S3.

Every store is handed its :class:`~plumbline.storage.clients.Clients`. Every call turns throttling, server
errors and broken connections into :class:`plumbline.errors.Unavailable`; every write may be repeated.
"""
