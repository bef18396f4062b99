"""Large files on the local stack: by a form for S3, by the script, packed, as JSON lines; refused and redriven."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from plumbline.storage.files import FileStore

from tests.support.local_stack import wait_for_import

if TYPE_CHECKING:
    from tests.support.local_stack import LocalStack

ROOT = Path(__file__).parents[2]
CSV = b"Input,Output\n" + b"".join(b"Question %d?,Answer %d.\n" % (n, n) for n in range(300))
LINES = b"".join(
    json.dumps({"input": f"Question {n}?", "output": f"Answer\n{n}.", "id": f"row-{n}"}).encode() + b"\n"
    for n in range(300)
)


def ask(http: httpx.Client, filename: str, **headers: str) -> httpx.Response:
    answer = http.post("/api/imports", json={"filename": filename}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def test_the_command_of_the_answer_uploads_and_the_import_follows(http: httpx.Client, tmp_path: Path) -> None:
    name = 'it\'s; "history" & more, <1>.csv'
    (tmp_path / name).write_bytes(CSV)
    answer = ask(http, name)
    waiting = http.get(answer.headers["location"]).json()["data"]
    assert (waiting["state"], waiting["size_bytes"], waiting["filename"]) == ("queued", None, name)
    subprocess.run(["sh", "-c", answer.json()["data"]["curl"]], cwd=tmp_path, check=True, timeout=60)
    done = wait_for_import(http, answer.headers["location"])
    assert (done["state"], done["rows_stored"], done["filename"], done["size_bytes"]) == (
        "succeeded",
        300,
        name,
        len(CSV),
    )


def test_a_form_is_for_one_file_and_imported_once(http: httpx.Client) -> None:
    answer = ask(http, "once.csv")
    form = answer.json()["data"]
    other = {**form["fields"], "key": form["fields"]["key"].replace("once.csv", "twice.csv")}
    refused = httpx.post(form["url"], data=other, files={"file": CSV}, trust_env=False)
    assert refused.status_code == 403
    for _ in range(2):  # the second is another version of the object, and the same import
        assert httpx.post(form["url"], data=form["fields"], files={"file": CSV}, trust_env=False).is_success
        done = wait_for_import(http, answer.headers["location"])
        assert (done["state"], done["rows_read"], done["rows_stored"]) == ("succeeded", 300, 300)


def test_asking_again_with_the_same_key_is_the_same_import(http: httpx.Client) -> None:
    first, second = (ask(http, "again.csv", **{"idempotency-key": "again-1"}) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert first.json()["data"]["fields"]["key"] == second.json()["data"]["fields"]["key"]


def test_the_local_s3_holds_a_form_to_its_size_and_time(local_stack: LocalStack) -> None:
    files = FileStore(local_stack.s3(), local_stack.bucket)
    form = files.presigned_post("uploads/api/held/a.csv", 60, len(CSV) - 1)
    refused = httpx.post(form.url, data=form.fields, files={"file": CSV}, trust_env=False)
    assert (refused.status_code, "EntityTooLarge" in refused.text) == (400, True)
    form = files.presigned_post("uploads/api/held/a.csv", 1, len(CSV))
    time.sleep(2.1)
    refused = httpx.post(form.url, data=form.fields, files={"file": CSV}, trust_env=False)
    assert (refused.status_code, "expired" in refused.text) == (403, True)
    assert files.head("uploads/api/held/a.csv") is None


def test_the_local_s3_answers_a_range_of_a_version(local_stack: LocalStack) -> None:
    s3 = local_stack.s3()
    name = {"Bucket": local_stack.bucket, "Key": "held/range.csv"}
    version = s3.put_object(**name, Body=b"0123456789")["VersionId"]
    s3.put_object(**name, Body=b"another version")
    for wanted, part in (("bytes=3-5", b"345"), ("bytes=7-", b"789"), ("bytes=0-99", b"0123456789")):
        assert s3.get_object(**name, VersionId=version, Range=wanted)["Body"].read() == part
    with pytest.raises(s3.exceptions.ClientError, match="InvalidRange"):
        s3.get_object(**name, VersionId=version, Range="bytes=10-")


@pytest.mark.parametrize(
    ("name", "content"),
    [("rows.jsonl", LINES), ("rows.jsonl.gz", gzip.compress(LINES)), ("rows.csv.gz", gzip.compress(CSV))],
)
def test_other_files_come_through_the_api_too(http: httpx.Client, name: str, content: bytes) -> None:
    answer = http.post("/api/interactions/bulk", files={"file": (name, content)})
    assert answer.status_code == 200
    done = wait_for_import(http, answer.headers["location"])
    assert (done["state"], done["rows_stored"], done["progress"]) == ("succeeded", 300, 1.0), done


@pytest.mark.parametrize("size", [4_690_000, 7_000_000, 11_000_000])
def test_a_file_too_large_for_the_gateway_is_told_the_other_way(http: httpx.Client, size: int) -> None:
    answer = http.post("/api/interactions/bulk", files={"file": ("big.csv", bytes(size))})
    assert answer.status_code == 413
    assert "POST /api/imports" in answer.json()["message"]


def test_make_import_sends_and_follows(local_stack: LocalStack, tmp_path: Path) -> None:
    file = tmp_path / "a history.jsonl.gz"
    file.write_bytes(gzip.compress(LINES))
    done = make(local_stack, "import", f"FILE={file}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a history.jsonl.gz: imported" in done.stdout
    assert "         300 rows read" in done.stdout


def test_rejected_rows_are_fetched_mended_and_imported(local_stack: LocalStack, tmp_path: Path) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(CSV + b"only a question\n")
    done = importing(local_stack, "send", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "row 302, Output: A cell is missing" in done.stdout
    (rejected,) = tmp_path.glob("broken-rejected-*.csv")
    text = rejected.read_text("utf-8-sig")
    rejected.write_text(text.replace("only a question,", "only a question,now answered"), "utf-8")
    done = importing(local_stack, "send", str(rejected))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{rejected.name}: imported\n" in done.stdout
    assert "           1 stored" in done.stdout


def test_an_import_that_has_ended_has_nothing_to_redrive(http: httpx.Client, local_stack: LocalStack) -> None:
    uploaded = http.post("/api/interactions/bulk", files={"file": ("done.csv", CSV)})
    done = wait_for_import(http, uploaded.headers["location"])
    answer = http.post(f"{uploaded.headers['location']}/redrive")
    assert answer.status_code == 409
    script = make(local_stack, "redrive", f"IMPORT={done['id']}")
    assert script.returncode != 0
    assert "has ended" in script.stderr


def test_a_redrive_of_an_import_that_is_not_stalled_changes_nothing(http: httpx.Client) -> None:
    rows = b"Input,Output\n" + b"".join(b"Question %d?,Answer %d.\n" % (n, n) for n in range(30_000))
    form = ask(http, "long.csv").json()["data"]
    assert httpx.post(
        form["url"], data=form["fields"], files={"file": rows}, trust_env=False, timeout=120
    ).is_success
    address = f"/api/imports/{form['id']}"
    while http.get(address).json()["data"]["state"] == "queued":
        time.sleep(0.1)
    answers = [http.post(f"{address}/redrive") for _ in range(3)]
    done = wait_for_import(http, address)
    assert [answer.status_code for answer in answers] == [200] * 3
    assert (done["state"], done["rows_read"], done["rows_stored"]) == ("succeeded", 30_000, 30_000)
    assert done["chunks"] == done["chunks_done"] > 4


def make(local_stack: LocalStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(local_stack, ["make", f"URL={local_stack.api}", *arguments])


def importing(local_stack: LocalStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.importing", "--url", local_stack.api, *arguments]
    return run(local_stack, command)


def run(local_stack: LocalStack, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=local_stack.env, capture_output=True, text=True, check=False, timeout=300
    )
