from django.urls import path

from panggon.notify.views import notices

app_name = "notify"
urlpatterns = [
    path("pemberitahuan/", notices.notices, name="notices"),
    path("pemberitahuan/<int:notice>/dibaca/", notices.read, name="read"),
    path("pemberitahuan/dibaca/", notices.read_all, name="read_all"),
    path("pemberitahuan/pilihan/", notices.preference, name="preference"),
]
