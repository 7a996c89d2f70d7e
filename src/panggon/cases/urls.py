from django.urls import path, register_converter

from panggon.cases.slugs import ActionConverter
from panggon.cases.views import (
    access,
    agenda,
    application,
    archive,
    case,
    files,
    finding,
    home,
    leaving,
    repeating,
    report,
    retention,
    sheets,
    signing,
    step,
)

register_converter(ActionConverter, "action")

app_name = "cases"
urlpatterns = [
    path("laporan/", report.report, name="report"),
    path("pengaturan/penghapusan/", retention.plan, name="retention"),
    path("pengaturan/penghapusan/tahan/", retention.hold, name="hold"),
    path("pengaturan/penghapusan/lepas/<int:hold>/", retention.release, name="release_hold"),
    path("beranda/", home.home, name="home"),
    path("orang/<int:user>/tutup/", leaving.close_account, name="close_account"),
    path("orang/<int:user>/jabatan/<int:post>/lepas/", leaving.release_post, name="release_post"),
    path("beranda/menunggu/", home.waiting, name="waiting"),
    path("agenda/", agenda.book, name="agenda"),
    path("agenda/pemberkasan/", agenda.filing, name="filing"),
    path("agenda/unduh/", agenda.download, name="agenda_csv"),
    path("permohonan/baru/", application.new, name="new"),
    path("permohonan/cek-nama/", application.check_name, name="check_name"),
    path("permohonan/", finding.find, name="find"),
    path("permohonan/ekspor/", finding.export, name="export"),
    path("permohonan/opd/", finding.agencies, name="agencies"),
    path("permohonan/bacaan/<uuid:reading>/", application.reading, name="reading"),
    path("permohonan/<str:number>/", case.show, name="case"),
    path("permohonan/<str:number>/kemajuan/", case.progress, name="progress"),
    path("permohonan/<str:number>/arsip/", archive.archive, name="archive"),
    path("permohonan/<str:number>/ulangi/", repeating.repeat, name="repeat"),
    path("permohonan/<str:number>/periksa/", repeating.look, name="look"),
    path("permohonan/<str:number>/surat/", files.letter, name="letter"),
    path("permohonan/<str:number>/naskah/<uuid:paper>/", files.paper, name="paper"),
    path("permohonan/<str:number>/isi/<str:section>/", application.section, name="section"),
    path("permohonan/<str:number>/contoh-surat/", sheets.letter, name="sample_letter"),
    path("permohonan/<str:number>/lembar/<action:action>/", sheets.sheet, name="sheet"),
    path("permohonan/<str:number>/bukti-baru/", signing.renew, name="renew_evidence"),
    path("permohonan/<str:number>/bukti-baru/kemajuan/", signing.freshness, name="freshness"),
    path("permohonan/<str:number>/naskah-untuk-ditandatangani/<slug:kind>/", signing.document, name="document_to_sign"),
    path("permohonan/<str:number>/akses/", access.access, name="access"),
    path("permohonan/<str:number>/akses/undangan/", access.invitation, name="invitation"),
    path("permohonan/<str:number>/<action:action>/", step.step, name="step"),
]
