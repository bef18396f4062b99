"""Plumbline on this machine: the project's own template on a local AWS, its data kept between runs."""
