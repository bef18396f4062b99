"""The local stack as a user starts it: the same program as `make run`, on free ports, with data of its own."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx

from scripts.environments import LOCAL, holding
from scripts.local_stack import deployment
from scripts.local_stack.steps import local_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
START_SECONDS = 600
STOP_SECONDS = 90


@dataclass
class LocalStack:
    """One local stack and what it said of itself: addresses, and the names of what was deployed."""

    state: Path
    enforce_iam: bool = False
    """Whether every call is held to its caller's policies, a function's to its role's."""
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    described: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None

    @property
    def api(self) -> str:
        return self.described["api"]

    @property
    def bucket(self) -> str:
        return self.described["UploadsBucket"]

    @property
    def log(self) -> Path:
        return self.state.with_suffix(".log")

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            AssertionError: it ended instead; its output is in the message.
        """
        port, stack_port = self.ports
        command = [sys.executable, "-m", "scripts.local_stack", "--port", str(port)]
        command += ["--stack-port", str(stack_port), "--state", str(self.state)]
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PLUMBLINE_ENFORCE_IAM": str(int(self.enforce_iam))},
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        ready = self.state / "ready.json"
        until = time.monotonic() + START_SECONDS
        while not ready.exists():
            assert self._process.poll() is None, f"the local stack ended:\n{self.output()}"
            assert time.monotonic() < until, f"the local stack did not start:\n{self.output()}"
            time.sleep(0.2)
        self.described = json.loads(ready.read_text("utf-8"))

    def deploy(self, **parameters: str) -> None:
        """Deploy what is built once more by `sam deploy`, with parameters of one's own.

        Raises:
            AssertionError: sam could not; what it said is in the message.
        """
        template = str(deployment.BUILD / "artifacts" / "template.yaml")
        command = [*deployment.SAM, "deploy", *deployment.CONFIG, "--template-file", template]
        command += [*deployment.parameters(), *(f"{name}={value}" for name, value in parameters.items())]
        env = local_environment(self.ports[1])
        with holding(LOCAL / "build.lock", fcntl.LOCK_SH):
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """Stop it as Ctrl-C does, or by another signal."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(by)
            try:
                self._process.wait(STOP_SECONDS)
            finally:
                self._process.kill()

    def crash(self) -> None:
        """Kill the local AWS, as a power cut would."""
        assert self._process is not None
        command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="]
        listed = subprocess.run(command, capture_output=True, text=True, check=True)
        lines = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
        (killed,) = [
            int(pid)
            for pid, parent, *args in lines
            if int(parent) == self._process.pid and "scripts.emulator" in args[0]
        ]
        os.kill(killed, signal.SIGKILL)
        self._process.wait(STOP_SECONDS)

    def output(self) -> str:
        """What it has printed."""
        return self.log.read_text("utf-8", errors="replace")

    def s3(self) -> Any:
        """An S3 client, as a user's own script would make one."""
        return self._client("s3")

    def dynamodb(self) -> Any:
        """A DynamoDB client."""
        return self._client("dynamodb")

    def sqs(self) -> Any:
        """An SQS client."""
        return self._client("sqs")

    def kms(self) -> Any:
        """A KMS client."""
        return self._client("kms")

    def functions(self) -> Any:
        """A Lambda client."""
        return self._client("lambda")

    def iam(self) -> Any:
        """An IAM client, which may do everything."""
        return self._client("iam")

    def logged(self, function: str, since: float) -> list[str]:
        """The lines that a function of the stack has logged since a time (seconds since 1970)."""
        pages = self._client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=f"/aws/lambda/plumbline-{function}", startTime=int(since * 1000))
        return [line for page in found for event in page["events"] for line in event["message"].splitlines()]

    def running(self, function: str) -> list[int]:
        """The ids of the processes in which a function of the stack runs or waits to."""
        folder = f"{self.state / 'tmp'}{os.sep}ministack-lambda-plumbline-{function}-"
        command = ["ps", "-A", "-ww", "-o", "pid=,args="]
        listed = subprocess.run(command, capture_output=True, text=True, check=True)
        return [int(line.split()[0]) for line in listed.stdout.splitlines() if folder in line]

    def _client(self, service: str) -> Any:
        session: Any = boto3.session.Session()
        return session.client(
            service,
            endpoint_url=self.described["endpoint"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @property
    def key(self) -> str:
        """The API key that it made for itself."""
        return (self.state / "key").read_text("utf-8").strip()

    @property
    def env(self) -> dict[str, str]:
        """This environment, with the stack's key for programs that call its API."""
        return {**os.environ, "PLUMBLINE_KEY": self.key}

    def http(self, key: str | None = None) -> httpx.Client:
        """An HTTP client of its API, with a key: the stack's own, which may do everything, where none is named.

        An empty one stands for no key at all.
        """
        sent = self.key if key is None else key
        headers = {"authorization": f"Bearer {sent}"} if sent else {}
        return httpx.Client(base_url=self.api, headers=headers, timeout=60, trust_env=False)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(http: httpx.Client, path: str, **query: Any) -> dict[str, Any]:
    """A page of a listing, asked for again while storage is slow: the local AWS takes long over large tables."""
    until = time.monotonic() + 120
    while True:
        answer = http.get(path, params=query)
        if answer.status_code != 503 or time.monotonic() > until:
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found
        time.sleep(0.5)


def wait_for_import(http: httpx.Client, address: str, seconds: float = 300) -> dict[str, Any]:
    """The import at ``address`` once it has ended."""
    until = time.monotonic() + seconds
    while True:
        answer = http.get(address)
        state = answer.json()["data"]["state"] if answer.status_code == 200 else f"HTTP {answer.status_code}"
        if state in {"succeeded", "succeeded_with_problems", "failed"}:
            data: dict[str, Any] = answer.json()["data"]
            return data
        assert time.monotonic() < until, f"the import is still {state}"
        time.sleep(0.25)


def engine_wanted() -> bool:
    """Whether tests on the local stack are to run."""
    return bool({"PLUMBLINE_LOCAL_STACK", "PLUMBLINE_REQUIRE_ENGINES"} & os.environ.keys())
