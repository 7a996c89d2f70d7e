from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "panggon.audit"
    verbose_name = "Catatan perubahan"
