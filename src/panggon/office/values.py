"""What the department says of itself and its service, as values: one dataclass for each group of settings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from panggon.core.complaints.deadlines import DayUnit
from panggon.core.complaints.vocabulary import Kind
from panggon.core.papers.signing import Method
from panggon.core.standards.contacts import Channel, Contact

NUMBER_PARTS = ("{kode}", "{urut}", "{tahun}")


class Group(StrEnum):
    """The groups in the order of their pages; each is one row, one page and one history."""

    LETTERHEAD = "letterhead"
    STANDARD = "standard"
    COMPONENTS = "components"
    CONTACTS = "contacts"
    NAMING = "naming"
    DELIVERY = "delivery"
    NUMBERING = "numbering"
    SIGNING = "signing"
    MAIL = "mail"
    PROGRAMS = "programs"
    COMPLAINTS = "complaints"
    SOP = "sop"
    COMPLAINT_SOP = "complaint_sop"
    PLEDGE = "pledge"
    RETENTION = "retention"


class Document(StrEnum):
    """What is published whole, so that each edition of it stays to be read."""

    STANDARD = "standard"
    PLEDGE = "pledge"


DOCUMENTS: Mapping[Document, tuple[Group, ...]] = MappingProxyType(
    {
        Document.STANDARD: (Group.STANDARD, Group.COMPONENTS, Group.CONTACTS),
        Document.PLEDGE: (Group.PLEDGE,),
    }
)
Lines = tuple[str, ...]
ENGLISH = "_english"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The head of papers and pages. `logo` is the SHA-256 of a picture, or empty."""

    government: str
    name: str
    address: str
    phone: str
    place: str
    logo: str = ""


@dataclass(frozen=True, slots=True)
class Standard:
    """The service standard as it was decreed, word for word; `working_days` is `completion` as the clock counts it.

    `decree_date` is a day (ISO 8601), empty where it is not known.
    """

    service: str
    decree: str
    requirements: Lines
    steps: Lines
    completion: str
    working_days: int
    fee: str
    products: Lines
    complaint_steps: Lines
    decree_date: str = ""
    service_english: str = ""
    requirements_english: Lines = ()
    steps_english: Lines = ()
    completion_english: str = ""
    fee_english: str = ""
    products_english: Lines = ()
    complaint_steps_english: Lines = ()

    @property
    def decree_number(self) -> str:
        return self.decree.removeprefix("SK ")


@dataclass(frozen=True, slots=True)
class Components:
    """Components 7 to 14 of a service standard (PermenPAN-RB 15/2014), a line each; what has none is not yet set."""

    legal_basis: Lines = ()
    facilities: Lines = ()
    competence: Lines = ()
    supervision: Lines = ()
    staff: Lines = ()
    guarantee: Lines = ()
    safety: Lines = ()
    evaluation: Lines = ()
    legal_basis_english: Lines = ()
    facilities_english: Lines = ()
    competence_english: Lines = ()
    supervision_english: Lines = ()
    staff_english: Lines = ()
    guarantee_english: Lines = ()
    safety_english: Lines = ()
    evaluation_english: Lines = ()


@dataclass(frozen=True, slots=True)
class Sop:
    """The head of an SOP (PermenPAN-RB 35/2012); its activities are read from the procedure. Days are ISO 8601."""

    name: str
    number: str = ""
    made_on: str = ""
    revised_on: str = ""
    effective_on: str = ""
    legal_basis: Lines = ()
    qualifications: Lines = ()
    related: Lines = ()
    equipment: Lines = ()
    warnings: Lines = ()
    records: Lines = ()
    name_english: str = ""
    legal_basis_english: Lines = ()
    qualifications_english: Lines = ()
    related_english: Lines = ()
    equipment_english: Lines = ()
    warnings_english: Lines = ()
    records_english: Lines = ()


@dataclass(frozen=True, slots=True)
class Pledge:
    """Maklumat pelayanan: its paragraphs, and the day (ISO 8601) on which the Kepala Dinas makes it."""

    words: Lines
    day: str = ""
    words_english: Lines = ()


@dataclass(frozen=True, slots=True)
class Contacts:
    rows: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Naming:
    """`zone` is the domain below which sites get their names, `reserved` labels that the city keeps for itself;
    a name with a word of `doubtful` is shown to a person with a warning.
    """

    zone: str
    reserved: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whether step 8 happens by itself once the open site is proven; `restore_tested` is the day (ISO 8601) of the last
    restore from a backup that was tried, as the access document says it, empty before the first.
    """

    by_itself: bool
    restore_tested: str = ""


@dataclass(frozen=True, slots=True)
class Numbering:
    """Numbers of papers: the classification code (Permendagri 83/2022), for some kinds of paper one of their own, and
    how a number is written.
    """

    code: str
    codes: Mapping[str, str]
    template: str

    def code_of(self, kind: str) -> str:
        return self.codes.get(kind) or self.code

    def written(self, kind: str, *, taken: int, year: int) -> str:
        """The number `taken` of a register of this year, as it stands on the paper."""
        parts = zip(NUMBER_PARTS, (self.code_of(kind), f"{taken:03d}", str(year)), strict=True)
        number = self.template
        for part, words in parts:
            number = number.replace(part, words)
        return number


@dataclass(frozen=True, slots=True)
class Signing:
    """How the Kepala Dinas signs: the `core.papers.signing.Method`, the address of the gateway of BSrE and whether that
    counts the place of a stamp from the upper edge of a page, the address of a time-stamp service (RFC 3161; empty:
    none). Passwords and certificates are files that the installation names.
    """

    method: str
    gateway: str
    from_above: bool
    time_stamps: str

    @property
    def is_simulation(self) -> bool:
        return self.method == Method.LOCAL


@dataclass(frozen=True, slots=True)
class Mail:
    """`sender` is the address that mail comes from; empty: `panggon@` and the zone."""

    sender: str


@dataclass(frozen=True, slots=True)
class Programs:
    """What programs with a token may do: whether they approve and refuse, and how many requests each makes a minute."""

    decide: bool
    requests: int


@dataclass(frozen=True, slots=True)
class Complaints:
    """How many days a complaint may take, in working days or days (`unit`): until somebody handles it, until it is
    solved by its kind (PermenPAN-RB 62/2018), until a complainant who says nothing counts as content.
    """

    unit: DayUnit
    first_response: int
    information: int
    grievance: int
    violation: int
    investigation: int
    silence: int

    def days_of(self, kind: Kind) -> int:
        return int(getattr(self, kind.value))


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what speaks of people is kept (UU 27/2022, article 16 paragraph 2 g): months for words, contacts and
    letters after the end of their case, for the rest after it was last touched; days for who followed a case without an
    account after its end, for what happened at the door and for what webhooks carried.
    """

    words_months: int
    contacts_months: int
    letters_months: int
    drafts_months: int
    unfiled_months: int
    notices_months: int
    surveys_months: int
    changes_months: int
    followers_days: int
    visits_days: int
    deliveries_days: int


@dataclass(frozen=True, slots=True)
class Office:
    """All settings as they are now. `versions` counts the changes of each group, so that a stale page is seen."""

    letterhead: Letterhead
    standard: Standard
    components: Components
    contacts: Contacts
    naming: Naming
    delivery: Delivery
    numbering: Numbering
    signing: Signing
    mail: Mail
    programs: Programs
    complaints: Complaints
    sop: Sop
    complaint_sop: Sop
    pledge: Pledge
    retention: Retention
    versions: Mapping[Group, int]

    @property
    def sender(self) -> str:
        return self.mail.sender or f"panggon@{self.naming.zone}"

    def of(self, group: Group) -> Any:
        return getattr(self, group.value)


def in_language(value: Any, language: str) -> Any:
    """A group with its English words in the place of the Indonesian ones, where there are some."""
    if not language.startswith("en"):
        return value
    names = [field.name for field in fields(value) if field.name + ENGLISH in value.__dataclass_fields__]
    return replace(value, **{name: getattr(value, name + ENGLISH) or getattr(value, name) for name in names})


def dump(value: Any) -> dict[str, Any]:
    """A group as plain JSON values."""
    return {name: _plain(part) for name, part in asdict(value).items()}


def load(document: Mapping[str, Any], *, onto: Any) -> Any:
    """A group from its JSON values; what the document does not name is as in `onto`."""
    known = {field.name for field in fields(onto)}
    return replace(onto, **{name: _value(name, part) for name, part in document.items() if name in known})


# ------------------------------------------------------------------------------------------------------------------


def _plain(part: Any) -> Any:
    return list(part) if isinstance(part, tuple) else part


def _value(name: str, part: Any) -> Any:
    if name == "rows":
        return tuple(Contact(**{**row, "channel": Channel(row["channel"])}) for row in part)
    if name == "unit":
        return DayUnit(part)
    return tuple(part) if isinstance(part, list) else part
