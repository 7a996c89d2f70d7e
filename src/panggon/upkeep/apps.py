from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "panggon.upkeep"
    verbose_name = "Pemeliharaan situs"
