"""The command line that uploads a file by a presigned form, to be pasted into a shell."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def upload_command(url: str, fields: Mapping[str, str], filename: str) -> str:
    """Sends the file of that name, in the folder that the command runs in, behind the form's ``fields``.

    The fields go through ``--form-string``, because ``-F`` gives characters like ``;`` and ``<`` a meaning of its
    own. S3 reads nothing behind the file, so it comes last.
    """
    parts = ["curl", "-sS", "--fail-with-body"]
    for name, value in fields.items():
        parts += ["--form-string", f"{name}={value}"]
    quoted = filename.replace("\\", "\\\\").replace('"', '\\"')
    return shlex.join([*parts, "-F", f'file=@"{quoted}"', url])
