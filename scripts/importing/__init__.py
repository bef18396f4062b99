"""`make import` and `make redrive`: files from the terminal into Plumbline, on this machine or in AWS."""
