from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "panggon.notify"
    verbose_name = "Pemberitahuan"
