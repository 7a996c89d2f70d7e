from django.urls import path, register_converter

from panggon.standards import views
from panggon.standards.words import Procedure


class ProcedureConverter:
    """`hosting` or `pengaduan`."""

    regex = "|".join(Procedure)

    def to_python(self, value: str) -> Procedure:
        return Procedure(value)

    def to_url(self, value: Procedure) -> str:
        return Procedure(value).value


register_converter(ProcedureConverter, "procedure")

app_name = "standards"
urlpatterns = [
    path("standar-pelayanan/", views.standard, name="standard"),
    path("standar-pelayanan/standar-pelayanan.pdf", views.standard_pdf, name="standard_pdf"),
    path("standar-pelayanan/versi/<int:edition>/", views.standard_edition, name="standard_edition"),
    path("standar-pelayanan/sop/<procedure:procedure>/", views.sop, name="sop"),
    path("standar-pelayanan/sop/<procedure:procedure>.pdf", views.sop_pdf, name="sop_pdf"),
    path("standar-pelayanan/maklumat/", views.pledge, name="pledge"),
    path("standar-pelayanan/maklumat.pdf", views.pledge_pdf, name="pledge_pdf"),
    path("standar-pelayanan/maklumat/versi/<int:edition>/", views.pledge_edition, name="pledge_edition"),
    path("standar-pelayanan/sippn/", views.sippn, name="sippn"),
    path("standar-pelayanan/sippn.txt", views.sippn_text, name="sippn_text"),
    path("pengaturan/dokumen/", views.documents, name="documents"),
]
