"""A file out of a multipart form, which is refused unless it arrived whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from plumbline.errors import InvalidRequest, UnsupportedMediaType, ValidationFailed
from plumbline.http.filenames import safe_filename
from plumbline.http.limits import MAX_PART_HEADER_BYTES, MAX_PART_HEADERS, MAX_PARTS
from plumbline.http.problems import short

FILE_FIELD = "file"
_TRY = "like: curl -F file=@interactions.csv"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form, under the name that its owner gave it."""

    filename: str
    content: bytes


@dataclass(slots=True)
class _Part:
    headers: dict[str, str] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)

    def option(self, name: str) -> str | None:
        _, options = parse_options_header(self.headers.get("content-disposition", ""))
        raw = options.get(name.encode())
        if raw is None:
            return None
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")


def read_upload(content_type: str, body: bytes) -> Upload:
    """The file in the field ``file`` of a multipart form.

    Raises:
        UnsupportedMediaType: the body is no multipart form.
        InvalidRequest: the form is damaged or cut off.
        ValidationFailed: it has no file in that field, several, or other fields.
    """
    return _only_file(_read_parts(_boundary(content_type), body))


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise UnsupportedMediaType(
            f"This address reads a form with a file: send multipart/form-data, {_TRY}.",
            [("header.content-type", "must be multipart/form-data")],
        )
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise InvalidRequest(
            "The header Content-Type does not say what separates the parts of the form.",
            [
                (
                    "header.content-type",
                    "must have a boundary of 1 to 70 characters; HTTP clients set it themselves",
                )
            ],
        )
    return boundary


def _read_parts(boundary: bytes, body: bytes) -> list[_Part]:
    parts: list[_Part] = []
    name, value = bytearray(), bytearray()
    ended = False

    def begin() -> None:
        if len(parts) == MAX_PARTS:
            problem = f"has more than {MAX_PARTS} parts; the one that is read is {FILE_FIELD}"
            raise ValidationFailed(f"body {problem}", [("body", problem)])
        parts.append(_Part())

    def keep_header() -> None:
        parts[-1].headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        name.clear()
        value.clear()

    def end() -> None:
        nonlocal ended
        ended = True

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": begin,
            "on_header_field": lambda data, start, stop: name.extend(data[start:stop]),
            "on_header_value": lambda data, start, stop: value.extend(data[start:stop]),
            "on_header_end": keep_header,
            "on_part_data": lambda data, start, stop: parts[-1].content.extend(data[start:stop]),
            "on_end": end,
        },
        max_header_count=MAX_PART_HEADERS,
        max_header_size=MAX_PART_HEADER_BYTES,
    )
    try:
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        if "Maximum header" in str(error):
            most = f"{MAX_PART_HEADERS} headers, or with one of more than {MAX_PART_HEADER_BYTES} bytes"
            raise _damaged(f"has a part with more than {most}") from None
        raise _damaged("cannot be taken apart with the boundary that the header Content-Type names") from None
    if not ended:
        raise _damaged("ends before the form does: it was cut off, or its boundary is another")
    return parts


def _damaged(problem: str) -> InvalidRequest:
    return InvalidRequest(f"The multipart form {problem}.", [("body", problem)])


def _only_file(parts: list[_Part]) -> Upload:
    names = [part.option("name") or "" for part in parts]
    problems = [
        (f"body.{short(name)}", f"is not known here; the one field is {FILE_FIELD}")
        for name in dict.fromkeys(names)
        if name != FILE_FIELD
    ]
    files = [part for part, name in zip(parts, names, strict=True) if name == FILE_FIELD]
    if not files:
        problems.append((f"body.{FILE_FIELD}", f"is required, {_TRY}"))
    elif len(files) > 1:
        problems.append((f"body.{FILE_FIELD}", "is given more than once; send one file a request"))
    elif (filename := files[0].option("filename")) is None:
        problems.append((f"body.{FILE_FIELD}", f"must be a file, not text, {_TRY}"))
    elif not filename and not files[0].content:  # a browser's form in which no file was chosen
        problems.append((f"body.{FILE_FIELD}", f"is required, {_TRY}"))
    elif not problems:
        return Upload(safe_filename(filename), bytes(files[0].content))
    raise ValidationFailed(f"{problems[0][0]} {problems[0][1]}", problems)
