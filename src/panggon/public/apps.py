from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "panggon.public"
    verbose_name = "Halaman umum"
