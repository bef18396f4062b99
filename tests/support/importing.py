"""What stands in for Plumbline where the script that imports files is tested: one server, both API and S3."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any


def status(**changes: Any) -> dict[str, Any]:
    """An import as the API shows it."""
    shown: dict[str, Any] = {
        "id": 7,
        "filename": "history.csv",
        "state": "running",
        "progress": 0.25,
        "bytes_read": 250,
        "size_bytes": 1000,
        "rows_read": 12_345,
        "rows_stored": 12_340,
        "rows_known": 0,
        "rows_rejected": 5,
        "rows_per_second": 1234.5,
        "alerts_raised": 17,
        "problems": [],
        "failure": None,
        "stalled": None,
        "rejected_rows": None,
    }
    return {**shown, **changes}


class Plumbline(ThreadingHTTPServer):
    """Takes one file; its import is ``status``. ``reached`` is set when the file has arrived."""

    daemon_threads = True

    def __init__(self, shown: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.shown = shown
        self.uploaded = b""
        self.redriven = 0
        self.may_read = True
        self.credentials: list[tuple[str, str | None]] = []
        self.reached = Event()
        self.takes_uploads = Event()
        self.takes_uploads.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Plumbline

    def do_POST(self) -> None:
        self._note()
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/api/imports":
            name = json.loads(body)["filename"]
            form = {"id": 7, "url": f"{self.server.url}/bucket", "fields": {"key": name}, "max_bytes": 10**9}
            self._answer(200, form)
        elif self.path == "/api/imports/7/redrive":
            self.server.redriven += 1
            self._answer(200, {"id": 7, "chunks": 3})
        else:
            self.server.uploaded = body
            self.server.reached.set()
            self.server.takes_uploads.wait(30)
            self._answer(204)

    def do_GET(self) -> None:
        self._note()
        if self.path.startswith("/api/") and not self.server.may_read:
            self._answer(403, None, "This address needs the scope read, which the caller does not have.")
        elif self.path == "/api/imports/7":
            self._answer(200, self.server.shown)
        elif self.path == "/rejected":
            self._answer(200, plain=b"Input,Output\n")
        else:
            self._answer(404, None, "There is no import 8.")

    def _note(self) -> None:
        self.server.credentials.append((self.path, self.headers.get("authorization")))

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, code: int, data: Any = None, message: str = "", plain: bytes | None = None) -> None:
        body = json.dumps({"success": code < 400, "data": data, "message": message}).encode()
        sent = b"" if code == 204 else body if plain is None else plain
        self.send_response(code)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)
