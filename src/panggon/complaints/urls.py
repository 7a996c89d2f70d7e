from django.urls import path

from panggon.complaints.views import handling, mails, public

app_name = "complaints"
urlpatterns = [
    path("pengaduan/", public.start, name="start"),
    path("pengaduan/lacak/", public.track, name="track"),
    path("pengaduan/lacak/<str:action>/", public.say, name="say"),
    path("pengaduan/daftar/", handling.listed, name="list"),
    path("pengaduan/catat/", handling.enter, name="enter"),
    path("pengaduan/surel/", mails.listed, name="mails"),
    path("pengaduan/surel/<int:mail>/asli/", mails.original, name="original-mail"),
    path("pengaduan/surel/<int:mail>/<str:decision>/", mails.decide, name="decide-mail"),
    path("pengaduan/<slug:ticket>/", handling.complaint, name="complaint"),
    path("pengaduan/<slug:ticket>/tanda-terima/", handling.receipt, name="receipt"),
    path("pengaduan/<slug:ticket>/lampiran/<int:attachment>/", handling.attachment, name="attachment"),
    path("pengaduan/<slug:ticket>/<str:action>/", handling.step, name="step"),
]
