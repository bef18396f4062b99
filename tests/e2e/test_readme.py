"""README's examples, run as they stand and in their order on the local stack, and compared with what it shows."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

from tests.support.local_stack import wait_for_import
from tests.support.readme import API, FORM, assert_same_shape, examples

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.local_stack import LocalStack


def test_every_example_answers_as_shown(fresh_stack: LocalStack, tmp_path: Path) -> None:
    tried, location, pasted = 0, "", ""
    for example in examples():
        command = example.command.replace(API, fresh_stack.api).replace(
            "http://127.0.0.1:4566", fresh_stack.described["endpoint"]
        )
        command = re.sub(r"/api/imports/\d+", location, command)
        if FORM in command:
            assert options(command) == options(pasted), "the command is not like the one in the answer"
            command = pasted
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=tmp_path,
            env=fresh_stack.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{example.command}\n{done.stderr}"
        if example.answer is not None:
            try:
                assert_same_shape(json.loads(example.answer), json.loads(done.stdout))
            except AssertionError as error:
                raise AssertionError(f"{example.command}\n{error}\nThe answer was:\n{done.stdout}") from None
        if example.answer is not None and FORM in example.answer:
            pasted = json.loads(done.stdout)["data"]["curl"]
        for line in done.stdout.splitlines():
            name, _, value = line.partition(": ")
            if name.lower() == "location":
                location = value.strip()
                with fresh_stack.http() as http:
                    wait_for_import(http, location)
        tried += 1
    assert tried >= 10


def options(command: str) -> list[str]:
    """A command's words without the values, which differ from upload to upload."""
    return [word.partition("=")[0] for word in shlex.split(command)[:-1]]
