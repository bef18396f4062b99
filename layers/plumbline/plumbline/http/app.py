"""The two HTTP applications, put together from the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from plumbline import __version__
from plumbline.http import handlers
from plumbline.http.edge import Edge
from plumbline.http.guard import Guard
from plumbline.http.routes import alerts, imports, interactions, keys, metrics, service, settings

if TYPE_CHECKING:
    from fastapi import APIRouter

    from plumbline.http.services import Services

TITLE = "Plumbline"


def interactions_app(services: Services) -> FastAPI:
    """Interactions and imports, and every address that is nobody else's: keys, settings, documentation."""
    # /api/interactions/bulk stands before /api/interactions/{id}: the first route that matches answers.
    return _app(services, imports.router, interactions.router, keys.router, settings.router, service.router)


def alerts_app(services: Services) -> FastAPI:
    """Alerts, and the series that they are about."""
    return _app(services, alerts.router, metrics.router)


def _app(services: Services, *routers: APIRouter) -> FastAPI:
    app = FastAPI(
        title=TITLE,
        version=__version__,
        # The whole API's description is a file that both applications were written to; see documentation.py.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    handlers.install(app)
    # The last one added is the outermost.
    app.add_middleware(Guard, services=services)
    app.add_middleware(Edge, services=services)
    for router in routers:
        app.include_router(router)
    return app
