from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "panggon.cases"
    verbose_name = "Permohonan"
