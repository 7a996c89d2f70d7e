from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "panggon.sites"
    verbose_name = "Situs"
