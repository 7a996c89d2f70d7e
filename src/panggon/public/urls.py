from django.urls import path

from panggon.public import views

app_name = "public"
urlpatterns = [
    path("", views.start, name="start"),
    path("contoh-surat/", views.sample_letter, name="sample_letter"),
    path("verifikasi/", views.verify, name="verify"),
    path("verifikasi/<uuid:paper>/", views.verify_paper, name="verify_paper"),
    path("lacak/", views.track, name="track"),
    path("lacak/ikuti/", views.follow, name="follow"),
    path("lacak/ikuti/<str:token>/", views.confirm, name="confirm"),
    path("lacak/berhenti/<str:token>/", views.unfollow, name="unfollow"),
]
