from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "panggon.people"
    verbose_name = "Orang"
