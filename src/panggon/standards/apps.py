from django.apps import AppConfig


class StandardsConfig(AppConfig):
    name = "panggon.standards"
    verbose_name = "Standar pelayanan"
