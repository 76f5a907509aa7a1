"""How to reach someone: email, URL, IP address and street address, found by shape (phones: `phones`)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

from dfai_engine.language.pii_rules import CHECKED, LIKELY, NAMED, Found

__all__ = ["addresses", "ages", "emails", "find_contacts", "ip_addresses", "urls"]

# Bounded repetitions and a guard in front keep every expression linear in the text's length.
_EMAIL = re.compile(r"(?<![\w.%+-])\w[\w.%+'-]{0,63}@(?:\w(?:[\w-]{0,61}\w)?\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_URL = re.compile(
    r"(?<![\w@])(?:(?:https?|ftps?)://[^\s<>\"]{3,2000}|www\.[^\s<>\"/]{2,255}\.[^\s<>\"]{2,2000})"
    r"|(?<![\w@./-])(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,6}"
    r"(?:com|org|net|edu|gov|info|biz|dev|app|io|ai|eu|uk|de|fr|es|it|nl|pl|se|ch|ca|au|jp|br)"
    r"(?![\w-])(?!\.\w)(?:[/?#][^\s<>\"]{0,2000})?",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:.]{3,45}(?:%\w{1,16})?(?![\w:])")
_OPENS = {")": "(", "]": "[", "}": "{"}
_NOT_AN_ADDRESS = re.compile(
    r"\b(?:version|ver|v|release|build|section|chapter|clause|firmware)[\s.:]*$", re.IGNORECASE
)

_STREETS = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Way|Terrace|Parkway|"
    "Pkwy|Highway|Hwy|Close|Crescent|Gardens|Row|Mews"
)
_NAME = r"[A-ZÀ-Þ][\w'’-]{0,30}"
_NUMBER = r"(?<![\w.,/-])\d{1,5}[A-Za-z]?"
# 1600 Pennsylvania Avenue NW, Suite 4
_ENGLISH = (
    rf"{_NUMBER}(?: [NSEW]{{1,2}}\.?)?(?: (?:{_NAME}\.?|\d{{1,3}}(?:st|nd|rd|th))){{1,4}}? (?:{_STREETS})\b"
    r"(?: (?:NW|NE|SW|SE)\b)?(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Floor|#)\.? ?\w{1,6})?"
)
# Washington, DC 20500, or London SW1A 2AA
_TOWN = (
    rf"\.?(?:,? {_NAME}(?: {_NAME}){{0,2}})??(?:,? [A-Z]{{2}})?"
    r"(?:,? \d{5}(?:-\d{4})?|,? [A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b"
)
_BOX = r"\bP\.? ?O\.? Box \d{1,6}\b"
# Hauptstraße 12, 10115 Berlin
_GERMAN = (
    r"\b[A-ZÄÖÜ][\w-]{1,30}(?:straße|strasse|str\.|weg|platz|allee|gasse) \d{1,4} ?[a-z]?\b"
    rf"(?:,? \d{{4,5}} {_NAME})?"
)
# 12 bis rue de la Paix, 75002 Paris
_FRENCH = (
    rf"{_NUMBER}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai)"
    rf"(?: (?:de|du|des|la|le|les|aux?)| d['’]| l['’]){{0,3}} ?{_NAME}(?: {_NAME}){{0,3}}(?:,? \d{{5}} {_NAME})?"
)
# Calle de Alcalá 45
_IBERIAN = (
    r"\b(?:Calle|Avenida|Plaza|Paseo|Via|Viale|Piazza|Rua)(?: (?:de|del|la|las|los|della|do|da|dos)){0,2}"
    rf" {_NAME}(?: {_NAME}){{0,2}},? \d{{1,4}}\b"
)
_ADDRESS = re.compile(f"{_ENGLISH}{_TOWN}|{_ENGLISH}|{_BOX}|{_GERMAN}|{_FRENCH}|{_IBERIAN}")
_AGE = re.compile(
    r"\b\d{1,3}[- ]years?[- ]olds?\b|\b\d{1,3} (?:ans|Jahre alt|años|anni|anos|jaar oud)\b"
    r"|(?<=\baged )\d{1,3}\b|(?<=\bage )\d{1,3}\b"
)


def emails(text: str) -> Iterator[Found]:
    """Email addresses."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if ".." not in match[0]:
                yield Found(*match.span(), "Email", CHECKED)


def urls(text: str) -> Iterator[Found]:
    """URLs with a scheme or `www.`, and bare host names under a common domain.

    >>> text = "See https://example.com/a_(b), or (www.example.org)."
    >>> [text[found.start : found.end] for found in urls(text)]
    ['https://example.com/a_(b)', 'www.example.org']
    """
    if "." not in text:
        return
    for match in _URL.finditer(text):
        url = _without_closing(match[0])
        explicit = "://" in url or url[:4].lower() == "www."
        yield Found(match.start(), match.start() + len(url), "URL", CHECKED if explicit else LIKELY)


def _without_closing(url: str) -> str:
    """Drop the sentence's own punctuation from the end; a bracket only if it was opened outside."""
    while url:
        last = url[-1]
        unopened = last in _OPENS and url.count(last) > url.count(_OPENS[last])
        if last not in ".,;:!?'\"’”*" and not unopened:
            break
        url = url[:-1]
    return url


def ip_addresses(text: str) -> Iterator[Found]:
    """IPv4 and IPv6 addresses that parse, under the category ``IPAddress``."""
    if text.count(".") >= 3:
        yield from _parsed(_IPV4, text)
    if text.count(":") >= 2:
        yield from _parsed(_IPV6, text)


def _parsed(shape: re.Pattern[str], text: str) -> Iterator[Found]:
    for match in shape.finditer(text):
        candidate = match[0].rstrip(".")
        if not any(character.isdigit() for character in candidate):
            continue  # a::b is an address to the parser, and a name to a programmer
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            continue
        if _NOT_AN_ADDRESS.search(text, max(0, match.start() - 20), match.start()) is None:
            yield Found(match.start(), match.start() + len(candidate), "IPAddress", CHECKED)


def addresses(text: str) -> Iterator[Found]:
    """Street addresses as English, German, French, Spanish, Italian and Portuguese write them."""
    for match in _ADDRESS.finditer(text):
        yield Found(*match.span(), "Address", NAMED)


def ages(text: str) -> Iterator[Found]:
    """A person's age."""
    for match in _AGE.finditer(text):
        yield Found(*match.span(), "Age", NAMED)


def find_contacts(text: str, wanted: Callable[[str], bool]) -> Iterator[Found]:
    """Findings of the wanted ones among Email, URL, IPAddress, Address and Age."""
    has_digit = any(map(str.isdigit, text))
    if wanted("Email"):
        yield from emails(text)
    if wanted("URL"):
        yield from urls(text)
    if has_digit and wanted("IPAddress"):
        yield from ip_addresses(text)
    if has_digit and wanted("Address"):
        yield from addresses(text)
    if has_digit and wanted("Age"):
        yield from ages(text)
