"""What the metadata of a PDF say, however they are written (ISO 16684-1, 7: one model, several ways in XML)."""

from typing import Any
from xml.etree import ElementTree as ET

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DESCRIPTION, ABOUT, PARSE_TYPE, RESOURCE = (
    f"{RDF}{name}" for name in ("Description", "about", "parseType", "resource")
)
ARRAYS = frozenset({f"{RDF}Seq", f"{RDF}Bag", f"{RDF}Alt"})
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def properties(packet: bytes) -> dict[str, Any]:
    """Each property by its full name. Raises ValueError for what is not understood.

    Hostile XML may take much memory: only for a process that may die (`apart`).
    """
    try:
        root = ET.fromstring(packet)  # noqa: S314 (see above)
    except ET.ParseError as error:
        raise ValueError("no XML") from error
    described = [part for rdf in root.iter(f"{RDF}RDF") for part in rdf]
    return _merged([_fields(part) for part in described])


# ------------------------------------------------------------------------------------------------------------------


def _fields(element: ET.Element) -> dict[str, Any]:
    """Simple ones may stand as attributes; each stands once."""
    simple = {
        name: ("", words)
        for name, words in element.attrib.items()
        if name not in (PARSE_TYPE, LANGUAGE) and (name != ABOUT or words)
    }
    return _merged([simple, *({child.tag: _value(child)} for child in element)])


def _value(element: ET.Element) -> Any:
    inner = list(element)
    if element.get(PARSE_TYPE) == "Resource":
        return _fields(element)
    if len(inner) == 1 and inner[0].tag == DESCRIPTION:
        return _fields(inner[0])
    if len(inner) == 1 and inner[0].tag in ARRAYS:
        return inner[0].tag, [_value(item) for item in inner[0]]
    if inner:
        raise ValueError(element.tag)
    if RESOURCE in element.attrib:  # an address, which others write as words
        return "", element.attrib[RESOURCE]
    return _fields(element) or (element.get(LANGUAGE, ""), element.text or "")


def _merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for part in parts:
        if whole.keys() & part.keys():
            raise ValueError("twice")
        whole |= part
    return whole
