"""`make redrive-stream`: what a function could not do with the table's stream, done from its dead letters."""
