"""What a template of the department may not say: it reads its own folder, and reaches nothing else. Pure.

Typst itself keeps files outside of the folder away; but it fetches packages from the network, by `import` and also by
code that is put together while it runs. So only files of the folder are imported, and no code is made from text.
"""

import re
from collections.abc import Collection, Iterator

from panggon.core.errors import Fault

SIZE_LIMIT_KIBIBYTES = 100
_WORD = r"(?<![\w-])(?:{})(?![\w-])"
IMPORT = re.compile(_WORD.format("import|include"))
NAMED = re.compile(r'\s*"([\w-]+\.typ)"')
LOOP, FUNCTION = re.compile(_WORD.format("for|while")), re.compile(_WORD.format("let") + r"\s+[\w-]+\(")
MAKES_CODE = re.compile(_WORD.format("eval|std|plugin"))


def source_faults(text: str, *, names: Collection[str]) -> tuple[Fault, ...]:
    """Every word that reaches beyond the folder, with its line; `names` are the templates' files."""
    if len(text.encode()) > SIZE_LIMIT_KIBIBYTES * 1024:
        return (Fault("template.too_large", "text", {"limit_kibibytes": SIZE_LIMIT_KIBIBYTES}),)
    return tuple(sorted(_faults(text, names), key=lambda fault: int(fault.facts["line"])))


def repeating_lines(text: str) -> tuple[int, ...]:
    """Where a template may go on for ever: the lines of its loops; without any, those of its functions."""
    found = list(LOOP.finditer(text)) or FUNCTION.finditer(text)
    return tuple(dict.fromkeys(_line(text, match) for match in found))


def _faults(text: str, names: Collection[str]) -> Iterator[Fault]:
    for found in IMPORT.finditer(text):
        named = NAMED.match(text, found.end())
        if named is None or named[1] not in names:
            yield _fault("template.import", text, found)
    for found in MAKES_CODE.finditer(text):
        yield _fault("template.code", text, found)


def _fault(code: str, text: str, found: re.Match[str]) -> Fault:
    return Fault(code, "text", {"line": _line(text, found), "word": found[0]})


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1
