"""The API's description is current, and its page needs nothing from elsewhere."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files

import pytest
from plumbline.http import documentation
from plumbline.http.services import Services

from tests.support.gateway import Gateway

SCOPES = {
    ("post", "/api/interactions"): "ingest",
    ("get", "/api/interactions"): "read",
    ("get", "/api/interactions/{id}"): "read",
    ("delete", "/api/interactions/{id}"): "admin",
    ("post", "/api/interactions/bulk"): "ingest",
    ("post", "/api/imports"): "ingest",
    ("get", "/api/imports"): "read",
    ("get", "/api/imports/{id}"): "read",
    ("post", "/api/imports/{id}/redrive"): "admin",
    ("get", "/api/alerts"): "read",
    ("get", "/api/metrics"): "read",
    ("get", "/api/metrics/{series}"): "read",
    ("post", "/api/keys"): "admin",
    ("get", "/api/keys"): "admin",
    ("delete", "/api/keys/{id}"): "admin",
    ("get", "/api/settings"): "admin",
    ("get", "/health"): None,
}


@pytest.fixture(scope="module")
def api() -> Gateway:
    return Gateway(Services())


def test_the_checked_in_document_is_current() -> None:
    checked_in = (files("plumbline.http") / "openapi.json").read_text(encoding="utf-8")
    assert checked_in == documentation.text(), "run scripts/openapi.py"


def test_the_document_is_served_as_it_is_checked_in(api: Gateway) -> None:
    answer = api.get("/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == documentation.written()


def test_it_describes_every_address_of_both_functions() -> None:
    described = {
        (method, path) for path, methods in documentation.written()["paths"].items() for method in methods
    }
    assert described == SCOPES.keys()


def test_it_says_which_scope_an_address_needs_and_how_a_key_is_sent() -> None:
    document = documentation.written()
    assert {name: scheme["type"] for name, scheme in document["components"]["securitySchemes"].items()} == {
        "bearer": "http",
        "apiKey": "apiKey",
    }
    for (method, path), scope in SCOPES.items():
        operation = document["paths"][path][method]
        refusals = {"401", "403"} & operation["responses"].keys()
        if scope is None:
            assert "security" not in operation, path
            assert not refusals, path
        else:
            assert operation["security"] == [{"bearer": []}, {"apiKey": []}], path
            assert operation["description"].endswith(f"Needs a key with the scope `{scope}`."), path
            assert refusals == {"401", "403"}, path
            assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]


def test_every_reference_leads_somewhere() -> None:
    document = documentation.written()
    text = (files("plumbline.http") / "openapi.json").read_text(encoding="utf-8")
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names
    assert names <= set(document["components"]["schemas"])
    operations = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(set(operations)) == len(operations)


def test_the_page_and_all_that_it_loads_come_from_here(api: Gateway) -> None:
    page = api.get("/docs")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    html = page.body.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html) + re.findall(r'url: "([^"]+)"', start_script())
    assert len(loaded) == 6
    assert not re.search(r"https?://", html + start_script())
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for address in set(loaded) - {"data:,"}:
        assert api.get(f"/{address}").status == 200


@pytest.mark.parametrize(
    ("asset", "kind", "holds"),
    [
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8", b"SwaggerUIBundle"),
        ("swagger-ui.css", "text/css; charset=utf-8", b".swagger-ui"),
        ("start.js", "text/javascript; charset=utf-8", b"SwaggerUIBundle({"),
    ],
)
def test_assets_have_their_types_compressed_or_not(api: Gateway, asset: str, kind: str, holds: bytes) -> None:
    plain = api.get(f"/docs/{asset}")
    packed = api.get(f"/docs/{asset}", accept_encoding="gzip, deflate, br")
    assert (plain.status, packed.status) == (200, 200)
    assert plain.headers["content-type"] == packed.headers["content-type"] == kind
    assert plain.headers["x-content-type-options"] == "nosniff"
    is_packed = packed.headers.get("content-encoding") == "gzip"
    assert (gzip.decompress(packed.body) if is_packed else packed.body) == plain.body
    assert is_packed == asset.startswith("swagger-ui")
    assert holds in plain.body


@pytest.mark.parametrize("asset", ["index.html", "LICENSE", "..%2Fapp.py", "start.js.gz", "", "%00"])
def test_nothing_else_is_served(api: Gateway, asset: str) -> None:
    answer = api.get(f"/docs/{asset}")
    assert (answer.status, answer.json["success"]) == (404, False)


def test_the_assets_stay_small_and_keep_their_licence() -> None:
    folder = files("plumbline.http") / "assets"
    sizes = {one.name: len(one.read_bytes()) for one in folder.iterdir()}
    assert sum(sizes.values()) < 1_000_000
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")


def start_script() -> str:
    return (files("plumbline.http") / "assets" / "start.js").read_text(encoding="utf-8")
