"""What is answered about imports, as models; see :mod:`plumbline.http.answers`."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic looks it up

from pydantic import Field

from plumbline.http.answers import Answer, Count, Id, Success
from plumbline.models import ImportState  # noqa: TC001 - likewise


class RowProblem(Answer):
    """A row that could not be used."""

    row: int = Field(ge=1, description="Counted as a spreadsheet does: the header is row 1.")
    line: int = Field(ge=1, description="The line of the file on which the row starts.")
    column: str | None
    problem: str


class RejectedRows(Answer):
    """Where the rows are that could not be used, in the file's own format."""

    s3: str
    url: str = Field(description="A download address that works for 15 minutes.")


class UploadForm(Answer):
    """A form that uploads one file, and the import that begins when the file has arrived."""

    id: Id = Field(description="The import's id.")
    url: str = Field(description="Where the form goes, as multipart/form-data.")
    fields: dict[str, str] = Field(description="The form's fields; the field `file` with the file comes last.")
    expires_at: datetime = Field(description="Until when the upload has to begin.")
    max_bytes: Count = Field(description="How large the file may be.")
    curl: str = Field(
        description="The command that uploads the file from the folder it is in. Like the fields, it is for"
        " whoever is to upload this one file, and for nobody else."
    )


class Import(Answer):
    """One file, and how far it has come."""

    id: Id
    filename: str
    key: str = Field(description="The file's key in the uploads bucket.")
    state: ImportState
    created_at: datetime
    started_at: datetime | None
    progressed_at: datetime | None = Field(description="When the latest chunk was done.")
    finished_at: datetime | None
    size_bytes: Count | None = Field(description="The file's size; null while it has not arrived.")
    bytes_total: Count | None = Field(
        description="How many bytes there are to read, unpacked and as UTF-8; null until that is known."
    )
    bytes_read: Count = Field(description="How many of them are done.")
    progress: float | None = Field(ge=0, le=1, description="The share that is done; null until it is known.")
    chunks: Count = Field(description="Into how many chunks the file was cut so far.")
    chunks_done: Count
    rows_read: Count
    rows_stored: Count
    rows_known: Count = Field(
        description="How many of the rows stored have an id of the caller's under which one was stored before and"
        " is replaced."
    )
    rows_rejected: Count
    rows_per_second: float | None = Field(ge=0, description="Null until the first chunk is done.")
    alerts_raised: Count
    problems: list[RowProblem] = Field(
        max_length=100, description="The first hundred of the rows that could not be used."
    )
    failure: str | None = Field(description="Why nothing could be imported, in state `failed`.")
    stalled: str | None = Field(description="Why the import does not go on by itself, in state `stalled`.")
    rejected_rows: RejectedRows | None = Field(description="Null where there are none, or not yet.")


class Redrive(Answer):
    """What is done once more."""

    id: Id
    chunks: Count = Field(
        description="How many of the chunks planned so far are not done, and are sent once more."
    )


class ImportAnswer(Success):
    """One import."""

    data: Import


class ImportsAnswer(Success):
    """A page of imports, newest first."""

    data: list[Import]
    next_cursor: str = Field("", description="Where the next page begins; absent on the last one.")


class UploadAnswer(Success):
    """The file was taken; the header Location says where its import is."""

    data: None


class RedriveAnswer(Success):
    """What is missing is on its way once more."""

    data: Redrive


class UploadFormAnswer(Success):
    """Where the file goes; the header Location says where its import is."""

    data: UploadForm
