"""How the Kepala Dinas of the tests signs."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from panggon.core.cases.procedure import State
from panggon.core.papers.signing import Method
from panggon.office.values import Group
from panggon.papers import judging, signatories
from tests.papers.gateway import PASSWORD, USER
from tests.papers.pki import NIK
from tests.portal.office import fill_in


def in_this_process(data, *, trust, frozen=None, limits=None):
    """What `validation.look` does in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "naskah.pdf"
        file.write_bytes(data)
        return judging.look_here(file, trust=trust, frozen=frozen)


def ready(office):
    """A case whose hosting document waits for the signature."""
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    return case


def sign_locally(office, settings, pki, folder, *, person="head", time_stamps=""):
    """With a certificate in a file; every page says that it is a simulation."""
    shutil.copy(pki.person(person), folder / f"{office.head.username}.p12")
    shutil.copy(pki.pem("root"), folder / "ca.pem")
    settings.PANGGON_CERTIFICATES = folder
    signatories.remember(office.head, NIK)
    fill_in(Group.SIGNING, method=Method.LOCAL, time_stamps=time_stamps)


def sign_elsewhere(office, settings, pki):
    settings.PANGGON_SIGNATURE_ROOTS = str(pki.pem("root"))
    signatories.remember(office.head, NIK)
    fill_in(Group.SIGNING, method=Method.UPLOAD)


def sign_by_gateway(settings, pki, gateway, method, *, seconds=60):
    settings.PANGGON_SIGNATURE_ROOTS = str(pki.pem("root"))
    settings.PANGGON_ESIGN_USER, settings.PANGGON_ESIGN_PASSWORD = USER, PASSWORD
    settings.PANGGON_ESIGN_CA, settings.PANGGON_ESIGN_SECONDS = gateway.ca, seconds
    fill_in(Group.SIGNING, method=method, gateway=gateway.address)


@contextmanager
def seconds_of(settings, seconds):
    former, settings.PANGGON_ESIGN_SECONDS = settings.PANGGON_ESIGN_SECONDS, seconds
    yield
    settings.PANGGON_ESIGN_SECONDS = former
