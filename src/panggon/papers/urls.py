from django.urls import path

from panggon.papers import views

app_name = "papers"
urlpatterns = [
    path("pengaturan/penomoran/", views.numbering, name="numbering"),
]
