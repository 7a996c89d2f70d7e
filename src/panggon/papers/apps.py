from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "panggon.papers"
    verbose_name = "Naskah"
