from django.urls import path

from panggon.public import views

app_name = "public"
urlpatterns = [
    path("", views.start, name="start"),
    path("lacak/", views.track, name="track"),
]
