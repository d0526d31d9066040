"""What identifiers, digests and places look like as texts."""

from __future__ import annotations

from dq_monitor.checks._format_codes import COUNTRIES_2

_HEX = "[0-9A-Fa-f]"
UUID = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
HEX = f"(?:0[xX])?{_HEX}+"
MD5, SHA1, SHA256 = (f"{_HEX}{{{digits}}}" for digits in (32, 40, 64))
BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"

PHONE = "[+][1-9][0-9]{6,14}"
SLUG = "[a-z0-9]+(?:-[a-z0-9]+)*"
BIC = f"[A-Z]{{4}}(?:{'|'.join((*COUNTRIES_2, 'XK'))})[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?"

LATITUDE = "[+-]?(?:90(?:[.]0*)?|[1-8]?[0-9](?:[.][0-9]*)?)"
LONGITUDE = "[+-]?(?:180(?:[.]0*)?|(?:1[0-7][0-9]|[1-9]?[0-9])(?:[.][0-9]*)?)"

# semver.org, the pattern that its FAQ suggests.
_NUMBER = "(?:0|[1-9][0-9]*)"
_PRE = f"(?:{_NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_BUILD = "[0-9a-zA-Z-]+"
SEMVER = (
    rf"{_NUMBER}[.]{_NUMBER}[.]{_NUMBER}(?:-{_PRE}(?:[.]{_PRE})*)?"
    rf"(?:[+]{_BUILD}(?:[.]{_BUILD})*)?"
)
