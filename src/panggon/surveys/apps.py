from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "panggon.surveys"
    verbose_name = "Survei kepuasan"
