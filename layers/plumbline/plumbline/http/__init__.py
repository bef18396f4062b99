"""What the two HTTP functions share: the envelope, errors, cursors, edge models, routes and the Lambda handler."""
