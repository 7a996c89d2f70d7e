"""Letters of OPDs in several layouts, made with typst; and what a scanner makes of them."""

import io
import random
from dataclasses import dataclass

import pypdfium2
import typst
from PIL import Image, ImageDraw, ImageFilter

HEAD = """
#set page(paper: "a4", margin: 2.5cm)
#set text(font: "Libertinus Serif", size: 11pt)
#align(center)[#text(13pt)[*PEMERINTAH KOTA PEKALONGAN*] \\ #text(15pt)[*{agency}*] \\
  Jalan Sriwijaya Nomor 44 Pekalongan, Telepon (0285) 421972 \\ email: kantor\\@opd.example]
#line(length: 100%)
"""
# Number on the left, place and date on the right; data as a list of labels.
OFFICIAL = (
    HEAD
    + """
#grid(columns: (1fr, auto),
  grid(columns: (2cm, 0.4cm, auto), row-gutter: 6pt,
    [Nomor], [:], [{number}], [Sifat], [:], [{nature}], [Lampiran], [:], [1 (satu) berkas], [Hal], [:], [{subject}]),
  [Pekalongan, {day}])
#v(12pt)
Yth. Kepala Dinas Komunikasi dan Informatika \\ di Pekalongan
#v(12pt)
Dengan hormat, bersama ini kami mengajukan permohonan hosting dengan data sebagai berikut:
#grid(columns: (5cm, 0.4cm, auto), row-gutter: 6pt,
  [Subdomain], [:], [{label}.kota.example],
  [Narahubung], [:], [{contact}],
  [Nomor HP], [:], [{phone}],
  [Email], [:], [{email}])
"""
)
# A nota dinas: everything in one column, the date below the number, the data in running text.
MEMO = (
    HEAD
    + """
#align(center)[*NOTA DINAS*]
Kepada : Kepala Dinas Komunikasi dan Informatika \\
Dari : Kepala {agency} \\
Nomor : {number} \\
Tanggal : {day} \\
Perihal : {subject}

Sehubungan dengan kebutuhan layanan informasi kepada masyarakat, kami mohon disediakan hosting dengan
alamat {label}.kota.example. Contact person: {contact}, HP {phone}, surel {email}.
"""
)
# A form in a table.
TABLE = (
    HEAD
    + """
#align(center)[*FORMULIR PERMOHONAN HOSTING*]
Nomor: {number} \\ Hal: {subject} \\ Tanggal {day}
#v(8pt)
#table(columns: (6cm, 1fr), [Nama OPD:], [{agency}], [Nama Domain:], [{label}], [Nama penanggung jawab:], [{contact}],
  [Telepon:], [{phone}], [Surel:], [{email}])
"""
)
LAYOUTS = {"official": OFFICIAL, "memo": MEMO, "table": TABLE}


@dataclass(frozen=True)
class Letter:
    agency: str = "DINAS SOSIAL"
    number: str = "500.12/117/2026"
    nature: str = "Segera"
    subject: str = "Permohonan Hosting"
    day: str = "20 November 2026"
    label: str = "layanan-dinsos"
    contact: str = "Sri Wahyuni"
    phone: str = "0812-3456-7890"
    email: str = "sri@dinsos.example"

    def pdf(self, layout: str) -> bytes:
        words = {name: value.replace("@", "\\@") for name, value in vars(self).items()}
        source = LAYOUTS[layout]
        for name, value in words.items():
            source = source.replace("{" + name + "}", value)
        made = typst.compile(source.encode())
        assert isinstance(made, bytes)
        return made


def scanned(pdf: bytes, *, degrees: float = 0, noise: float = 0, seed: int = 1) -> bytes:
    """The first page as a picture in a PDF, a little turned, with specks of dust and a soft lens."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=200 / 72, grayscale=True).to_pil().convert("L")
    chance = random.Random(seed)
    pen = ImageDraw.Draw(picture)
    for _ in range(int(noise * picture.width * picture.height / 1000)):
        pen.point((chance.randrange(picture.width), chance.randrange(picture.height)), fill=chance.randrange(120))
    turned = picture.rotate(degrees, expand=True, fillcolor=245, resample=Image.Resampling.BICUBIC)
    out = io.BytesIO()
    turned.filter(ImageFilter.GaussianBlur(0.6)).save(out, "PDF", resolution=200)
    return out.getvalue()
