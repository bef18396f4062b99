"""The routes, a module a resource: read the request, do the work, write the envelope."""
