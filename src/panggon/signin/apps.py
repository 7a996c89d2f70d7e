from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "panggon.signin"
    verbose_name = "Masuk"

    def ready(self) -> None:
        from panggon.signin import receivers  # noqa: F401, PLC0415 (the signals exist once the apps are there)
