from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    name = "panggon.schedule"
    verbose_name = "Kalender"
