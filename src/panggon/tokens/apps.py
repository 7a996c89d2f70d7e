from django.apps import AppConfig


class TokensConfig(AppConfig):
    name = "panggon.tokens"
    verbose_name = "Token API"
