from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ReadTimeoutError, ResponseStreamingError
from plumbline.errors import NotFound, Unavailable
from plumbline.storage.files import FileInfo, FileStore

from tests.support.faults import Faults, error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plumbline.storage.clients import Clients

BUCKET = "a-test-bucket"
DATA = bytes(range(256)) * 20_000


@pytest.fixture
def s3(moto_clients: Clients) -> Iterator[Clients]:
    region: Any = moto_clients.s3.meta.region_name
    moto_clients.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    moto_clients.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield moto_clients
    for version in moto_clients.s3.list_object_versions(Bucket=BUCKET).get("Versions", []):
        moto_clients.s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    for marker in moto_clients.s3.list_object_versions(Bucket=BUCKET).get("DeleteMarkers", []):
        moto_clients.s3.delete_object(Bucket=BUCKET, Key=marker["Key"], VersionId=marker["VersionId"])
    moto_clients.s3.delete_bucket(Bucket=BUCKET)


@pytest.mark.parametrize("key", ["uploads/a.csv", "uploads/ü b+c%20.csv", "uploads/../a\n.csv", "uploads/😀"])
def test_a_file_is_read_as_it_was_put(s3: Clients, key: str) -> None:
    files = FileStore(s3.s3, BUCKET)
    assert files.head(key) is None
    version = files.put(key, DATA)
    assert files.head(key) == FileInfo(key, version, len(DATA))
    with files.open(key) as stream:
        assert stream.read() == DATA
    with files.open(key, version, start=300_001) as stream:
        assert stream.read(5) == DATA[300_001:300_006]
        assert stream.read() == DATA[300_006:]


def test_a_version_stays_what_it_was(s3: Clients) -> None:
    files = FileStore(s3.s3, BUCKET)
    first = files.put("uploads/a.csv", b"first")
    second = files.put("uploads/a.csv", io.BytesIO(b"second"))
    assert first != second
    assert files.open("uploads/a.csv", first).read() == b"first"
    assert files.open("uploads/a.csv").read() == b"second"
    assert files.head("uploads/a.csv", "no-such-version") is None


def test_lines_are_read_across_buffers(s3: Clients) -> None:
    files = FileStore(s3.s3, BUCKET)
    lines = [b"%d,%s\n" % (number, b"x" * (number % 500)) for number in range(12_000)]
    files.put("uploads/a.csv", b"".join(lines))
    with files.open("uploads/a.csv") as stream:
        assert list(stream) == lines


@pytest.mark.parametrize("start", [0, 5, 6])
def test_the_end_of_a_file_is_the_end(s3: Clients, start: int) -> None:
    files = FileStore(s3.s3, BUCKET)
    files.put("uploads/a.csv", b"12345")
    files.put("uploads/empty.csv", b"")
    assert files.open("uploads/a.csv", start=start).read() == b"12345"[start:]
    assert files.open("uploads/empty.csv").read() == b""


def test_a_file_that_is_not_there_says_so(s3: Clients) -> None:
    files = FileStore(s3.s3, BUCKET)
    with pytest.raises(NotFound, match=r"'uploads/a\.csv'"):
        files.open("uploads/a.csv")
    version = files.put("uploads/a.csv", DATA)
    stream = files.open("uploads/a.csv")
    s3.s3.delete_object(Bucket=BUCKET, Key="uploads/a.csv", VersionId=version)
    with pytest.raises(NotFound, match="any more"):
        stream.read()


def _breaking(broken: Callable[[int], Exception | None], most: int) -> Faults:
    """Bodies break after ``most`` bytes: request number n with ``broken(n)``, if that is not None."""
    bodies = 0

    class Body:
        def __init__(self, body: Any, failure: Exception | None) -> None:
            self._body, self._failure, self._left = body, failure, most

        def read(self, size: int) -> bytes:
            if self._failure is None:
                return bytes(self._body.read(size))
            if self._left <= 0:
                raise self._failure
            data = bytes(self._body.read(min(size, self._left)))
            self._left -= len(data)
            return data

        def close(self) -> None:
            self._body.close()

    def act(_: int, call: Callable[[], Any]) -> Any:
        nonlocal bodies
        answer = call()
        if "Body" in answer:
            bodies += 1
            answer["Body"] = Body(answer["Body"], broken(bodies))
        return answer

    return Faults(act)


CUT = ResponseStreamingError(error="cut off")
SLOW = ReadTimeoutError(endpoint_url="https://s3.example")


@pytest.mark.parametrize("failure", [CUT, SLOW])
def test_a_broken_download_is_taken_up_where_it_broke(s3: Clients, failure: Exception) -> None:
    files = FileStore(s3.s3, BUCKET)
    files.put("uploads/a.csv", DATA)
    faults = _breaking(lambda number: failure if number < 4 else None, 1_500_000)
    with FileStore(faults.wrap(s3).s3, BUCKET).open("uploads/a.csv") as stream:
        assert stream.read() == DATA
    assert faults.calls == 5


def test_a_download_that_keeps_breaking_is_given_up(s3: Clients) -> None:
    files = FileStore(s3.s3, BUCKET)
    files.put("uploads/a.csv", DATA)
    faults = _breaking(lambda number: CUT, 0)
    stream = FileStore(faults.wrap(s3).s3, BUCKET).open("uploads/a.csv")
    with pytest.raises(Unavailable):
        stream.read(10)
    assert faults.calls == 5


def test_a_download_that_ends_too_early_is_no_end(s3: Clients) -> None:
    files = FileStore(s3.s3, BUCKET)
    files.put("uploads/a.csv", DATA)

    class Short:
        def read(self, size: int) -> bytes:
            return b""

        def close(self) -> None:
            pass

    def act(_: int, call: Callable[[], Any]) -> Any:
        answer = call()
        return {**answer, "Body": Short()} if "Body" in answer else answer

    with pytest.raises(Unavailable):
        FileStore(Faults(act).wrap(s3).s3, BUCKET).open("uploads/a.csv").read()


def test_a_busy_bucket_is_unavailable_and_a_forbidden_one_is_not(s3: Clients) -> None:
    def failing(code: str, status: int) -> FileStore:
        def act(_: int, call: Callable[[], Any]) -> Any:
            raise error(code, status)

        return FileStore(Faults(act).wrap(s3).s3, BUCKET)

    for code, status in (("SlowDown", 503), ("InternalError", 500), ("503", 503)):
        with pytest.raises(Unavailable):
            failing(code, status).put("uploads/a.csv", b"")
        with pytest.raises(Unavailable):
            failing(code, status).head("uploads/a.csv")
    with pytest.raises(Exception, match="AccessDenied"):
        failing("AccessDenied", 403).put("uploads/a.csv", b"")


def test_a_presigned_address_ends_and_names_the_file(s3: Clients) -> None:
    files = FileStore(s3.s3, BUCKET)
    address = urlsplit(files.presigned_get("rejected/7.csv", 600, 'rejected "rows" ü.csv'))
    query = parse_qs(address.query)
    assert address.path.endswith("/rejected/7.csv")
    assert query["X-Amz-Expires"] == ["600"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["response-content-disposition"] == [
        "attachment; filename*=UTF-8''rejected%20%22rows%22%20%C3%BC.csv"
    ]


def test_blocks_are_joined_whatever_they_come_to(s3: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.storage.files._PART_BYTES", 5 * 1024 * 1024)
    files = FileStore(s3.s3, BUCKET)
    blocks = [DATA[:700_000], b"", DATA, DATA[5:], b"end"]  # two parts and a rest
    files.put_all("rejected/1.csv", iter(blocks))
    assert files.read("rejected/1.csv") == b"".join(blocks)
    files.put_all("rejected/1.csv", [b"one ", b"two"])
    assert files.read("rejected/1.csv") == b"one two"
    files.put_all("rejected/1.csv", [])
    assert files.read("rejected/1.csv") == b""


def test_blocks_that_end_early_leave_nothing_behind(s3: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.storage.files._PART_BYTES", 5 * 1024 * 1024)
    files = FileStore(s3.s3, BUCKET)

    def break_off() -> Iterator[bytes]:
        yield DATA
        yield DATA
        raise NotFound("a part is gone")

    with pytest.raises(NotFound):
        files.put_all("rejected/1.csv", break_off())
    assert files.head("rejected/1.csv") is None


def test_a_folder_is_removed_with_all_versions_of_its_files_and_no_other(s3: Clients) -> None:
    files = FileStore(s3.s3, BUCKET)
    for number in (1, 2, 2, 3):
        files.put(f"staging/1/{number}", b"x")
    s3.s3.delete_object(Bucket=BUCKET, Key="staging/1/3")
    files.put("staging/11/1", b"x")
    for _ in range(2):
        files.remove_all("staging/1/")
        left = s3.s3.list_object_versions(Bucket=BUCKET, Prefix="staging/")
        assert [one["Key"] for one in left["Versions"]] == ["staging/11/1"]
        assert "DeleteMarkers" not in left
