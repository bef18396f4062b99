"""Gzip as a stream: several members one after another, in flat memory, and no bombs."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from plumbline.errors import UnreadableFile

if TYPE_CHECKING:
    from plumbline.imports.lines import ByteStream

READ_SIZE = 64 * 1024
MAX_BLOCK = 256 * 1024
# Text is packed 3 to 20 times smaller, logs that repeat themselves a hundred times.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 2**30
# Whoever packs line by line has a member a row, of more bytes than these; a file of members that hold nothing
# takes hours to come to nothing.
LEAST_IN_MEMBERS = 16
MEMBERS_COUNT_FROM = 100_000
_GZIP = 16 + zlib.MAX_WBITS


class Gunzip:
    """What is packed in a gzip file, read on to the very byte before it is damaged or breaks off.

    Args:
        stream: the file from its first byte on.
        compressed_size: how long the file is, if known; it is only told in messages.
        max_bytes: how much may come out.
    """

    def __init__(self, stream: ByteStream, *, compressed_size: int | None, max_bytes: int) -> None:
        self._stream = stream
        self._size = compressed_size
        self._max_bytes = max_bytes
        self._member = zlib.decompressobj(_GZIP)
        self._started = False  # whether a byte of the present member has been read
        self._holds_more = False  # whether zlib may have bytes ready that had no room in the last block
        self._packed = b""
        self._packed_read = 0
        self._unpacked = 0
        self._members = 0
        self._rescued = b""
        self._failure: UnreadableFile | None = None

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes, none at the end.

        Raises:
            UnreadableFile: the file is damaged or breaks off here, or more comes out than may.
        """
        size = min(size, MAX_BLOCK)
        if size <= 0:
            return b""
        block = self._rescue(size) if self._failure else self._unpack(size)
        self._unpacked += len(block)
        self._check_size()
        return block

    def _unpack(self, size: int) -> bytes:
        while self._holds_more or self._fill():
            before = self._member.copy()
            try:
                block = self._member.decompress(self._packed, size)
            except zlib.error:
                # What was unpacked before the damage went down with the call: unpack it again, byte by byte.
                self._rescued, good = _unpack_up_to_damage(before, self._packed)
                self._packed = self._packed[good:]
                self._failure = self._damaged("is damaged")
                return self._rescue(size)
            self._started = not self._member.eof
            self._holds_more = self._started and len(block) == size
            self._packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if block:
                return block
        return b""

    def _fill(self) -> bool:
        """Whether there is something to unpack, read from the stream if need be; begins the next member."""
        if self._member.eof:
            self._member = zlib.decompressobj(_GZIP)
            self._members += 1
            self._check_members()
        while True:
            if not self._started:
                self._packed = self._packed.lstrip(b"\0")  # padding between members, and behind the last one
            if self._packed:
                self._started = True
                return True
            self._packed = self._stream.read(READ_SIZE)
            self._packed_read += len(self._packed)
            if not self._packed:
                if self._started:
                    raise self._damaged("breaks off")
                return False

    def _rescue(self, size: int) -> bytes:
        if not self._rescued:
            assert self._failure is not None
            raise self._failure
        block, self._rescued = self._rescued[:size], self._rescued[size:]
        return block

    def _damaged(self, what: str) -> UnreadableFile:
        of = f" of {self._size:,}" if self._size is not None else ""
        return UnreadableFile(
            f"The gzip file {what} after {self._packed_read - len(self._packed):,}{of} bytes "
            f"({self._unpacked + len(self._rescued):,} bytes unpacked). The rows before that place were read. "
            "Pack it anew, check it with gzip -t, and upload it again."
        )

    def _check_members(self) -> None:
        if self._members > MEMBERS_COUNT_FROM and self._unpacked < LEAST_IN_MEMBERS * self._members:
            self._failure = UnreadableFile(
                f"The gzip file is made of {self._members:,} members that hold next to nothing. Pack it as one."
            )
            raise self._failure

    def _check_size(self) -> None:
        if self._unpacked > self._max_bytes:
            raise UnreadableFile(
                f"The file is too long: unpacked it has more than {self._max_bytes:,} bytes. Upload it in parts."
            )
        if self._unpacked > RATIO_COUNTS_FROM and self._unpacked > MAX_RATIO * self._packed_read:
            raise UnreadableFile(
                f"The file unpacks to more than {MAX_RATIO} times its size, as no history of interactions does. "
                "If it is one, upload it unpacked or in parts."
            )


def _unpack_up_to_damage(member: zlib._Decompress, packed: bytes) -> tuple[bytes, int]:
    """What can be unpacked, and how many bytes of ``packed`` it comes from."""
    found = bytearray()
    for index in range(len(packed)):
        try:
            found += member.decompress(packed[index : index + 1])
        except zlib.error:
            return bytes(found), index
    return bytes(found), len(packed)
