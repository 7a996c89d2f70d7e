from django.urls import path

from panggon.complaints.views import handling, public

app_name = "complaints"
urlpatterns = [
    path("pengaduan/", public.start, name="start"),
    path("pengaduan/lacak/", public.track, name="track"),
    path("pengaduan/lacak/<str:action>/", public.say, name="say"),
    path("pengaduan/daftar/", handling.listed, name="list"),
    path("pengaduan/catat/", handling.enter, name="enter"),
    path("pengaduan/<str:ticket>/", handling.complaint, name="complaint"),
    path("pengaduan/<str:ticket>/tanda-terima/", handling.receipt, name="receipt"),
    path("pengaduan/<str:ticket>/lampiran/<int:attachment>/", handling.attachment, name="attachment"),
    path("pengaduan/<str:ticket>/<str:action>/", handling.step, name="step"),
]
