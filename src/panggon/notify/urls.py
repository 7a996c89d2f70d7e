from django.urls import path

from panggon.notify.views import endpoints, notices

app_name = "notify"
urlpatterns = [
    path("pemberitahuan/", notices.notices, name="notices"),
    path("pemberitahuan/<int:notice>/dibaca/", notices.read, name="read"),
    path("pemberitahuan/dibaca/", notices.read_all, name="read_all"),
    path("pemberitahuan/pilihan/", notices.preference, name="preference"),
    path("pengaturan/webhook/", endpoints.endpoints, name="endpoints"),
    path("pengaturan/webhook/baru/", endpoints.new, name="endpoint_new"),
    path("pengaturan/webhook/gagal/", endpoints.undelivered, name="undelivered"),
    path("pengaturan/webhook/gagal/<uuid:delivery>/", endpoints.send_again, name="send_again"),
    path("pengaturan/webhook/gagal/email/<int:notice>/", endpoints.send_mail_again, name="send_mail_again"),
    path("pengaturan/webhook/gagal/surat/<int:message>/", endpoints.send_message_again, name="send_message_again"),
    path("pengaturan/webhook/<int:endpoint>/", endpoints.endpoint, name="endpoint"),
    path("pengaturan/webhook/<int:endpoint>/percobaan/", endpoints.test, name="endpoint_test"),
    path("pengaturan/webhook/<int:endpoint>/rahasia/", endpoints.renew_secret, name="endpoint_secret"),
    path("pengaturan/webhook/<int:endpoint>/hapus/", endpoints.remove, name="endpoint_remove"),
]
