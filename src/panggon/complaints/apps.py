from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "panggon.complaints"
    verbose_name = "Pengaduan layanan"
