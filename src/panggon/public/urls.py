from django.urls import path

from panggon.public import views, views_figures

app_name = "public"
urlpatterns = [
    path("", views.start, name="start"),
    path("contoh-surat/", views.sample_letter, name="sample_letter"),
    path("kinerja/", views_figures.figures, name="figures"),
    path("data-terbuka/", views_figures.open_data, name="open_data"),
    path("data-terbuka/katalog.json", views_figures.catalogue, name="catalogue"),
    path("data-terbuka/<str:table>.csv", views_figures.table_csv, name="table_csv"),
    path("data-terbuka/<str:table>.json", views_figures.table_json, name="table_json"),
    path("verifikasi/", views.verify, name="verify"),
    path("verifikasi/<uuid:paper>/", views.verify_paper, name="verify_paper"),
    path("lacak/", views.track, name="track"),
    path("lacak/ikuti/", views.follow, name="follow"),
    path("lacak/ikuti/<str:token>/", views.confirm, name="confirm"),
    path("lacak/berhenti/<str:token>/", views.unfollow, name="unfollow"),
]
