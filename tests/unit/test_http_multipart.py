"""A file comes out of a form byte for byte, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import InvalidRequest, PlumblineError
from plumbline.http.multipart import read_upload

from tests.support.gateway import form, part

FORM = "multipart/form-data; boundary=XXXX"


@given(st.binary(min_size=1, max_size=200).filter(lambda content: b"--XXXX" not in content))
def test_any_content_comes_out_as_it_went_in(content: bytes) -> None:
    assert read_upload(FORM, form(part("file", content, "a.csv"))).content == content


@given(st.data())
def test_a_form_that_is_cut_off_anywhere_is_refused(data: st.DataObject) -> None:
    body = form(part("file", b"Input,Output\r\na,b\r\n", "a.csv"))
    # All but the last line break: what follows the closing boundary's dashes says nothing.
    end = data.draw(st.integers(0, len(body) - 3))
    with pytest.raises(InvalidRequest):
        read_upload(FORM, body[:end])


@given(st.binary(max_size=200), st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_bytes_give_a_file_or_a_clear_error(body: bytes, parameter: str) -> None:
    for content_type in (FORM, f"multipart/form-data; boundary={parameter}", parameter):
        refused: list[PlumblineError] = []
        try:
            read_upload(content_type, b"--XXXX\r\n" + body)
        except PlumblineError as error:
            refused.append(error)
        assert all(error.status in (400, 415, 422) and error.problems for error in refused)


@given(st.text(max_size=300))
def test_a_name_is_always_one_part_of_a_key(name: str) -> None:
    sent = name.encode("utf-8", "replace").decode().replace('"', "").replace("\r", "").replace("\n", "")
    safe = read_upload(FORM, form(part("file", b"x", sent))).filename
    assert safe not in ("", ".", "..")
    assert "/" not in safe
    assert "\\" not in safe
    assert safe.isprintable() or "\u00ad" in safe or not safe.isascii()
    assert len(safe.encode()) <= 255


def test_a_boundary_may_be_quoted_and_the_case_of_names_is_free() -> None:
    body = form(part("file", b"x", "a.csv")).replace(b"Content-Disposition", b"content-DISPOSITION")
    assert read_upload('Multipart/Form-Data; charset=utf-8; boundary="XXXX"', body).filename == "a.csv"


def test_a_name_in_latin_1_is_read() -> None:
    body = form(part("file", b"x", "NAME")).replace(b"NAME", "é.csv".encode("latin-1"))
    assert read_upload(FORM, body).filename == "é.csv"


def test_text_after_the_form_is_no_part_of_it() -> None:
    body = form(part("file", b"x", "a.csv")) + b"epilogue"
    assert read_upload(FORM, body).content == b"x"
