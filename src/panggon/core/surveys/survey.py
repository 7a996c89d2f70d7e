"""Survei Kepuasan Masyarakat (SKM): nine elements, four answers each, and the index that follows from them.

Source: PermenPAN-RB 14/2017. The weight of an element is exactly 1/9 and everything is reckoned in fractions: with the
0.11 that is in many tables, a perfect score is 99. Elements are kept by key, because sources differ in which of the
last two is U8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

CONVERSION = 25  # an index of 1 to 4 is published as 25 to 100
BEST = 4
# Krejcie and Morgan (1970): chi-square of one degree of freedom at 95 %, proportion one half, error 5 %.
CHI_SQUARE, PROPORTION, ERROR = Fraction("3.841"), Fraction(1, 2), Fraction(1, 20)


class Element(StrEnum):
    """The elements in the order of the regulation: the first is U1, the last U9."""

    REQUIREMENTS = "requirements"
    PROCEDURE = "procedure"
    TIME = "time"
    FEE = "fee"
    PRODUCT = "product"
    COMPETENCE = "competence"
    CONDUCT = "conduct"
    COMPLAINTS = "complaints"
    FACILITIES = "facilities"

    @property
    def number(self) -> str:
        """As the regulation and its tables call it: U1 to U9."""
        return f"U{tuple(Element).index(self) + 1}"


class Band(StrEnum):
    """Mutu pelayanan, from the best to the worst."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one element; `answers` from 1 to 4, in words."""

    title: str
    text: str
    answers: tuple[str, str, str, str]


# The lowest index of each band, after rounding: compared so, no value falls between two bands.
FLOORS: Mapping[Band, Fraction] = MappingProxyType(
    {Band.A: Fraction("88.31"), Band.B: Fraction("76.61"), Band.C: Fraction("65.00"), Band.D: Fraction(25)}
)
BAND_LABELS: Mapping[Band, str] = MappingProxyType(
    {Band.A: "Sangat baik", Band.B: "Baik", Band.C: "Kurang baik", Band.D: "Tidak baik"}
)
QUESTIONS: Mapping[Element, Question] = MappingProxyType(
    {
        Element.REQUIREMENTS: Question(
            "Persyaratan",
            "Bagaimana kesesuaian persyaratan pelayanan dengan jenis pelayanannya?",
            ("Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"),
        ),
        Element.PROCEDURE: Question(
            "Sistem, mekanisme, dan prosedur",
            "Bagaimana kemudahan prosedur pelayanan?",
            ("Tidak mudah", "Kurang mudah", "Mudah", "Sangat mudah"),
        ),
        Element.TIME: Question(
            "Waktu penyelesaian",
            "Bagaimana kecepatan waktu dalam memberikan pelayanan?",
            ("Tidak cepat", "Kurang cepat", "Cepat", "Sangat cepat"),
        ),
        Element.FEE: Question(
            "Biaya/tarif",
            "Pelayanan ini tidak dipungut biaya. Apakah itu sesuai dengan yang Anda alami?",
            ("Tidak, dan sangat mahal", "Tidak, dan cukup mahal", "Tidak, tetapi murah", "Ya, gratis"),
        ),
        Element.PRODUCT: Question(
            "Produk spesifikasi jenis pelayanan",
            "Bagaimana kesesuaian hasil pelayanan dengan yang tercantum dalam standar pelayanan?",
            ("Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"),
        ),
        Element.COMPETENCE: Question(
            "Kompetensi pelaksana",
            "Bagaimana kemampuan petugas dalam memberikan pelayanan?",
            ("Tidak mampu", "Kurang mampu", "Mampu", "Sangat mampu"),
        ),
        Element.CONDUCT: Question(
            "Perilaku pelaksana",
            "Bagaimana kesopanan dan keramahan petugas?",
            ("Tidak sopan dan ramah", "Kurang sopan dan ramah", "Sopan dan ramah", "Sangat sopan dan ramah"),
        ),
        Element.COMPLAINTS: Question(
            "Penanganan pengaduan, saran, dan masukan",
            "Bagaimana penanganan pengaduan pengguna pelayanan?",
            ("Tidak ada", "Ada, tetapi tidak berfungsi", "Berfungsi, kurang maksimal", "Dikelola dengan baik"),
        ),
        Element.FACILITIES: Question(
            "Sarana dan prasarana",
            "Bagaimana kualitas sarana dan prasarana pelayanan, termasuk portal ini?",
            ("Buruk", "Cukup", "Baik", "Sangat baik"),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a number of respondents said: the mean of each element (1 to 4) and the index (25 to 100, two decimals)."""

    respondents: int
    means: Mapping[Element, Fraction]
    index: Fraction
    band: Band

    @property
    def weakest(self) -> tuple[Element, ...]:
        """The elements with the lowest mean."""
        lowest = min(self.means.values())
        return tuple(element for element, mean in self.means.items() if mean == lowest)


def result_of(sums: Mapping[Element, int], *, respondents: int) -> Result | None:
    """The result from the sum of all answers to each element; None without respondents."""
    if not respondents:
        return None
    means = {element: Fraction(sums[element], respondents) for element in Element}
    index = rounded(sum(means.values(), Fraction()) / len(means) * CONVERSION, decimals=2)
    return Result(respondents, means, index, band_of(index))


def sums_of(answers: Sequence[Sequence[int]]) -> dict[Element, int]:
    """The sum of each element over all respondents; each row has nine answers in the order of `Element`."""
    return {element: sum(row[place] for row in answers) for place, element in enumerate(Element)}


def band_of(index: Fraction) -> Band:
    """The band of an index that is rounded to two decimals."""
    return next(band for band, floor in FLOORS.items() if index >= floor)


def rounded(value: Fraction, *, decimals: int) -> Fraction:
    """Half up, as the regulation's tables are; `round` would take the even neighbour."""
    scale: int = 10**decimals
    return Fraction((value * scale + Fraction(1, 2)).__floor__(), scale)


def sample_size(population: int) -> int:
    """How many of so many users of the service should answer (Krejcie and Morgan, 1970)."""
    spread = CHI_SQUARE * PROPORTION * (1 - PROPORTION)
    return int(rounded(spread * population / (ERROR**2 * max(population - 1, 0) + spread), decimals=0))
