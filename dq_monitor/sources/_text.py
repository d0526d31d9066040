"""Tells text that cannot be read as delivered: empty, UTF-16, Latin-1, lines ending in CR alone."""

from __future__ import annotations

import codecs

from dq_monitor.sources._files import Delivered
from dq_monitor.sources._unreadable import AGAIN, NOT_UTF8

# UTF-32 first: its little-endian mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
CONTINUED = range(0x80, 0xC0)


def check_text(file: Delivered) -> None:
    """Raise SourceUnreadable unless both ends of the file look like UTF-8 text in lines."""
    head, tail = file.head(), file.tail()
    if not head.strip(b"\r\n\t \xef\xbb\xbf"):
        raise file.damaged("is empty", AGAIN)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            raise file.damaged(f"is {encoding} text", _convert(encoding))
    if b"\0" in head or b"\0" in tail:
        raise file.damaged(
            "holds zero bytes: it is UTF-16 or no text at all", f"{_convert('UTF-16')}, or {AGAIN}"
        )
    if b"\r" in head and b"\n" not in head:
        raise file.damaged("its lines end in CR alone", "convert it: tr '\\r' '\\n' < FILE")
    _check_utf8(file, head, 0)
    _check_utf8(file, tail, file.size - len(tail))


def _check_utf8(file: Delivered, part: bytes, offset: int) -> None:
    # A window may begin inside a character; it may also end in one, unless the file ends there.
    skip = next((i for i, byte in enumerate(part[:3]) if byte not in CONTINUED), 3)
    skip = skip if offset else 0
    whole = offset + len(part) == file.size
    try:
        codecs.getincrementaldecoder("utf-8")().decode(part[skip:], final=whole)
    except UnicodeDecodeError as error:
        at = offset + skip + error.start
        raise file.damaged(f"is not UTF-8 text (byte {at:,})", NOT_UTF8) from error


def _convert(encoding: str) -> str:
    return f"convert it: iconv -f {encoding} -t UTF-8 FILE"
