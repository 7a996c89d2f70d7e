from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "panggon.office"
    verbose_name = "Dinas"
