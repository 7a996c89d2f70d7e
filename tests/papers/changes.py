"""One thing changed, added or taken away in a paper, each as somebody could who means harm."""

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode

from panggon.core.papers.signing import Part


def opened(data: bytes, **options) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data), **options)


def saved(pdf: pikepdf.Pdf, **options) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def packed(data: bytes) -> bytes:
    return saved(opened(data), object_stream_mode=ObjectStreamMode.generate, linearize=True)


def changed(data: bytes, change) -> pikepdf.Pdf:
    pdf = opened(data)
    change(pdf)
    return pdf


def paint(pdf):
    page = pdf.pages[0]
    page.Contents = Array([page.obj.Contents, pdf.make_stream(b"1 0 0 rg 80 600 300 90 re f")])


def reword(pdf):
    stream = pdf.pages[1].obj.Contents
    stream.write(stream.read_bytes().replace(b" Td", b" Tm", 1) + b" ")


def add_page(pdf):
    pdf.pages.append(pdf.pages[0])


def cover(pdf, subtype="/FreeText"):
    look = pdf.make_stream(b"1 g 0 0 300 90 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 300, 90])
    note = Dictionary(Type=Name.Annot, Subtype=Name(subtype), Rect=[80, 600, 380, 690], AP=Dictionary(N=look))
    pdf.pages[0].obj.Annots.append(pdf.make_indirect(note))


def redirect(pdf):
    links = [note for note in pdf.pages[0].obj.Annots if "/A" in note]
    links[0].A.URI = pikepdf.String("https://lain.example/")


def first_font(pdf):
    return next(iter(pdf.pages[0].Resources.Font.as_dict().values()))


def swap_font(pdf):
    program = first_font(pdf).DescendantFonts[0].FontDescriptor
    program["/FontFile2" if "/FontFile2" in program else "/FontFile3"].write(b"another")


def swap_picture(pdf):
    pdf.pages[0].Resources.XObject.Im0.write(b"\x81" * 48)


def alter_to_unicode(pdf):
    stream = first_font(pdf).ToUnicode
    stream.write(stream.read_bytes().replace(b"<0", b"<1", 1))


def alter_attachment(pdf):
    pdf.Root.Names.EmbeddedFiles.Names[1].EF.F.write(b'{"ok": false}')


def layer(pdf):
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Lapisan"))
    pdf.Root.OCProperties = Dictionary(OCGs=[group], D=Dictionary(OFF=[group]))


def run_at_opening(pdf):
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def run_by_name(pdf):
    pdf.Root.Names.JavaScript = Dictionary(Names=["a", Dictionary(S=Name.JavaScript, JS="app.alert(1)")])


def run_by_page(pdf):
    pdf.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS="app.alert(1)"))


def widget(pdf):
    return pdf.Root.AcroForm.Fields[0]


def run_by_field(pdf):
    widget(pdf).AA = Dictionary(E=Dictionary(S=Name.JavaScript, JS="app.alert(1)"))


def another_field(pdf):
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(Dictionary(FT=Name.Tx, T="kedua")))


def dynamic_form(pdf):
    pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp/>")


def hidden_stamp(pdf):
    widget(pdf).F = 4 | 2


def stamp_that_grows(pdf):
    widget(pdf).F = 4 | 8


def two_looks(pdf):
    widget(pdf).AP.R = widget(pdf).AP.N


def stamp_with_layer(pdf):
    widget(pdf).AP.N.OC = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Lapisan"))


def stamp_beyond(pdf):
    left, bottom, right, top = (float(side) for side in widget(pdf).Rect)
    widget(pdf).Rect = [left, bottom, right, top + 40]


def stamp_twice(pdf):
    pdf.pages[0].obj.Annots.append(widget(pdf))


def title(pdf):
    pdf.docinfo["/Title"] = "Surat Lain"


def title_within(pdf):
    with pdf.open_metadata() as said:
        said["dc:title"] = "Surat Lain"


def language(pdf):
    pdf.Root.Lang = pikepdf.String("en")


def alternative(pdf):
    waiting = [pdf.Root.StructTreeRoot.K]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, Array):
            waiting.extend(found)
        elif isinstance(found, Dictionary):
            if "/Alt" in found:
                found.Alt = pikepdf.String("Bukan kode QR")
                return
            waiting.extend([found.K] if "/K" in found else [])
    raise AssertionError("no picture with words")


def crop(pdf):
    pdf.pages[0].obj.CropBox = [0, 0, 300, 300]


def turn(pdf):
    pdf.pages[1].obj.Rotate = 180


def initial_view(pdf):
    pdf.Root.PageMode = Name.UseAttachments


def foreign_proofs(pdf):
    pdf.Root.DSS = Dictionary(Certs=[], Lain=pdf.make_stream(b"x"))


# Each change with the part of the document, and the page, that it is told by.
HOSTILE = [
    (paint, Part.CONTENT, 1),
    (reword, Part.CONTENT, 2),
    (add_page, Part.PAGES, 0),
    (cover, Part.ANNOTATIONS, 1),
    (lambda pdf: cover(pdf, "/Widget"), Part.ANNOTATIONS, 1),
    (redirect, Part.ANNOTATIONS, 1),
    (swap_font, Part.RESOURCES, 1),
    (swap_picture, Part.RESOURCES, 1),
    (alter_to_unicode, Part.RESOURCES, 1),
    (alter_attachment, Part.ATTACHMENTS, 0),
    (layer, Part.LAYERS, 0),
    (run_at_opening, Part.ACTIONS, 0),
    (run_by_name, Part.ACTIONS, 0),
    (run_by_page, Part.PAGE, 1),
    (run_by_field, Part.SIGNATURE, 0),
    (another_field, Part.FORM, 0),
    (dynamic_form, Part.FORM, 0),
    (hidden_stamp, Part.STAMP, 2),
    (stamp_that_grows, Part.STAMP, 2),
    (two_looks, Part.STAMP, 2),
    (stamp_with_layer, Part.STAMP, 2),
    (stamp_beyond, Part.STAMP, 2),
    (stamp_twice, Part.ANNOTATIONS, 1),
    (title, Part.METADATA, 0),
    (title_within, Part.METADATA, 0),
    (language, Part.METADATA, 0),
    (alternative, Part.STRUCTURE, 0),
    (crop, Part.PAGE, 1),
    (turn, Part.PAGE, 2),
    (initial_view, Part.REST, 0),
    (foreign_proofs, Part.REST, 0),
]
