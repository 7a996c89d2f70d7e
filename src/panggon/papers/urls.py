from django.urls import path

from panggon.papers.views import register, templates

app_name = "papers"
urlpatterns = [
    path("buku-nomor/", register.book, name="register"),
    path("buku-nomor/unduh/", register.download, name="register_file"),
    path("buku-nomor/<uuid:paper>/batal/", register.void, name="void"),
    path("pengaturan/kop/", templates.letterhead, name="letterhead"),
    path("pengaturan/penomoran/", templates.numbering, name="numbering"),
    path("pengaturan/naskah/", templates.template_list, name="templates"),
    path("pengaturan/naskah/contoh/<slug:sample>/", templates.sample, name="sample"),
    path("pengaturan/naskah/<str:name>/", templates.template, name="template"),
    path("pengaturan/naskah/<str:name>/bawaan/", templates.put_back, name="put_back"),
    path("pengaturan/naskah/<str:name>/versi/<int:version>/", templates.template_version, name="template_version"),
]
