from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "panggon.incidents"
    verbose_name = "Insiden keamanan"
