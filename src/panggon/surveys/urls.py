from django.urls import path

from panggon.surveys import views

app_name = "surveys"
urlpatterns = [
    path("survei/", views.results, name="results"),
    path("survei/kartu.pdf", views.card, name="card"),
    path("survei/isi/<str:token>/", views.answer, name="answer"),
    path("survei/tinjau/", views.review, name="review"),
    path("survei/tinjau/<int:answer>/", views.decide, name="decide"),
    path("survei/perbaikan/", views.improvements, name="improvements"),
    path("survei/perbaikan/<int:improvement>/hapus/", views.remove_improvement, name="remove_improvement"),
]
