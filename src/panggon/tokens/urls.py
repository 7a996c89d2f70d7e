from django.urls import path

from panggon.tokens import views

app_name = "tokens"
urlpatterns = [
    path("akun/token/", views.tokens, name="tokens"),
    path("akun/token/<int:token>/cabut/", views.withdraw, name="withdraw"),
]
