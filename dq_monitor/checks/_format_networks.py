"""What addresses look like: in the internet, of machines, of pages and of people."""

from __future__ import annotations

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4 = f"(?:{_OCTET}[.]){{3}}{_OCTET}"

_GROUP = "[0-9A-Fa-f]{1,4}"
_TAIL = f"(?:{_GROUP}:{_GROUP}|{IPV4})"
# RFC 3986, appendix A: which groups may stand before and behind the `::`.
IPV6 = "|".join(
    (
        f"(?:{_GROUP}:){{6}}{_TAIL}",
        f"::(?:{_GROUP}:){{5}}{_TAIL}",
        f"(?:{_GROUP})?::(?:{_GROUP}:){{4}}{_TAIL}",
        f"(?:(?:{_GROUP}:){{0,1}}{_GROUP})?::(?:{_GROUP}:){{3}}{_TAIL}",
        f"(?:(?:{_GROUP}:){{0,2}}{_GROUP})?::(?:{_GROUP}:){{2}}{_TAIL}",
        f"(?:(?:{_GROUP}:){{0,3}}{_GROUP})?::{_GROUP}:{_TAIL}",
        f"(?:(?:{_GROUP}:){{0,4}}{_GROUP})?::{_TAIL}",
        f"(?:(?:{_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}",
        f"(?:(?:{_GROUP}:){{0,6}}{_GROUP})?::",
    )
)
CIDR = f"{IPV4}/(?:3[0-2]|[12]?[0-9])|(?:{IPV6})/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])"

_PAIR = "[0-9A-Fa-f]{2}"
MAC = (
    f"(?:{_PAIR}:){{5}}{_PAIR}|(?:{_PAIR}-){{5}}{_PAIR}"
    "|[0-9A-Fa-f]{4}[.][0-9A-Fa-f]{4}[.][0-9A-Fa-f]{4}"
)

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_WORD = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
EMAIL = f"{_WORD}(?:[.]{_WORD})*@(?:{_LABEL}[.])+[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])"

_HEX = "%[0-9A-Fa-f]{2}"
_USER = f"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|{_HEX})*@"
_HOST = rf"(?:{_LABEL}(?:[.]{_LABEL})*[.]?|\[(?:{IPV6})\])"
_PORT = ":(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})"
_PATH = f"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|{_HEX})*"
_QUERY = f"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|{_HEX})*"
_SCHEME = "(?:[Hh][Tt][Tt][Pp][Ss]?|[Ff][Tt][Pp])"
URL = (
    f"{_SCHEME}://(?:{_USER})?{_HOST}(?:{_PORT})?(?:/{_PATH})?"
    rf"(?:\?{_QUERY})?(?:#{_QUERY})?"
)
