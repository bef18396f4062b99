"""HTTP: alerts."""

import os

from plumbline.http.app import alerts_app
from plumbline.http.lambda_handler import LambdaHandler
from plumbline.http.services import Services

handler = LambdaHandler(alerts_app, Services())

# A function's start has a whole core to itself: what the first request needs is made there.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    handler.warm_up()
