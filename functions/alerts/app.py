"""HTTP: alerts."""

import gc
import os

IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
if IN_LAMBDA:
    # The collector would walk over and over what imports make to stay. The warm-up turns it on again.
    gc.disable()

from plumbline.http.app import alerts_app  # noqa: E402
from plumbline.http.lambda_handler import LambdaHandler  # noqa: E402
from plumbline.http.services import Services  # noqa: E402

handler = LambdaHandler(alerts_app, Services())
if IN_LAMBDA:
    handler.warm_up()
