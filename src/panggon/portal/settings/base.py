"""Settings of the portal. What differs between installations comes from the environment; see `environment`."""

from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from panggon.portal.settings import assets, environment, oidc

PORTAL = Path(__file__).resolve().parent.parent
REPOSITORY = PORTAL.parent.parent.parent

# -- What makes this installation

SECRET_KEY = environment.secret_key()
DEBUG = False
PANGGON_BASE_URL = environment.address("PANGGON_BASE_URL", "http://localhost:8080")
PANGGON_FIRST_SITE = environment.number("PANGGON_FIRST_SITE", 1)
PANGGON_DEMO = environment.flag("PANGGON_DEMO")  # every page and paper says that nothing here is valid
PANGGON_SIMULATION = environment.flag("PANGGON_SIMULATION")  # and that no machine is behind it
PANGGON_FILES = Path(environment.text("PANGGON_FILES", "var/files")).absolute()
PANGGON_SEALS = Path(environment.text("PANGGON_SEALS", "var/seals")).absolute()
PANGGON_SEAL_RECIPIENTS = environment.words("PANGGON_SEAL_RECIPIENTS")
PANGGON_ASSETS = Path(environment.text("PANGGON_ASSETS", str(REPOSITORY / "node_modules")))
PANGGON_PURGE_AFTER = timedelta(days=environment.number("PANGGON_PURGE_DAYS", 30))  # of being deactivated; docs/node.md
PANGGON_NODE_SILENCE = timedelta(minutes=2)  # a node that was not heard of for longer is shown as away

# -- Django

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_htmx",
    "procrastinate.contrib.django",
    "panggon.audit",
    "panggon.people",
    "panggon.office",
    "panggon.schedule",
    "panggon.tokens",
    "panggon.signin",
    "panggon.notify",
    "panggon.sites",
    "panggon.papers",
    "panggon.surveys",
    "panggon.standards",
    "panggon.cases",
    "panggon.complaints",
    "panggon.upkeep",
    "panggon.incidents",
    "panggon.public",
    "panggon.portal",
]
MIDDLEWARE = [
    "panggon.portal.middleware.ProtectiveHeaders",
    "django.middleware.security.SecurityMiddleware",
    "panggon.portal.middleware.RememberedAnswers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "panggon.portal.language.ChosenLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "panggon.office.middleware.SettingsOfRequest",
    "panggon.signin.middleware.SessionOverMiddleware",
    "panggon.signin.middleware.SecondFactorMiddleware",
    "panggon.signin.middleware.SessionSeenMiddleware",
    "panggon.signin.middleware.RefusedFormMiddleware",
]
ROOT_URLCONF = "panggon.portal.urls"
WSGI_APPLICATION = "panggon.portal.wsgi.application"
FORM_RENDERER = "panggon.portal.widgets.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PORTAL / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "panggon.portal.context.installation",
                "panggon.portal.menu.menu",
            ]
        },
    }
]
DATABASES = {"default": environment.database(environment.text("DATABASE_URL", "postgresql://localhost/panggon"))}
# Kept by each thread between requests: a sign-in to PostgreSQL costs more than most pages.
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
# A page's questions are short and what they ask for is in memory: compiling them or starting processes for them costs
# more than answering, and so does reading a whole table for a few rows.
_short = "-c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1"
DATABASES["default"]["OPTIONS"].setdefault("options", _short)
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)  # seconds: then who waits is told that it is away
DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 5)  # for `questions`: from then on a plan is kept
# Shared by all processes: a one-time code that one of them has taken is used up for all.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [PORTAL / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE: Literal["Lax"] = "Lax"
TIME_ZONE = "Asia/Jakarta"
USE_TZ = True
USE_I18N = True

# -- Who comes in, and how the browser is bound

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["panggon.signin.accounts.Accounts"]
SESSION_ENGINE = "panggon.signin.accounts"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "cases:home"
ACCOUNT_ADAPTER = "panggon.signin.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]  # only so that allauth knows both; nobody signs up
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
PASSWORD_RESET_TIMEOUT = 24 * 3600
ACCOUNT_FORMS = {
    "login": "panggon.signin.forms.LoginForm",
    "change_password": "panggon.signin.forms.ChangePasswordForm",
    "reauthenticate": "panggon.signin.forms.ConfirmPasswordForm",
    "reset_password": "panggon.signin.forms.ResetPasswordForm",
    "reset_password_from_key": "panggon.signin.forms.ResetPasswordKeyForm",
}
# Brakes of our own (core/people/brakes.py), which nobody can use to keep somebody else out.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("PANGGON_PROXIES", 0)
MFA_ADAPTER = "panggon.signin.adapters.MFAAdapter"
MFA_FORMS = {
    "activate_totp": "panggon.signin.forms.ActivateTOTPForm",
    "authenticate": "panggon.signin.forms.AuthenticateForm",
    "reauthenticate": "panggon.signin.forms.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Panggon"
MFA_TOTP_TOLERANCE = 1  # half minutes before and after: typing and a slow line take time (RFC 6238, section 5.2)
OIDC_APPS = oidc.providers(environment.text("PANGGON_OIDC_FILE"))
SOCIALACCOUNT_ADAPTER = "panggon.signin.social.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": OIDC_APPS}}
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10

_base = urlsplit(PANGGON_BASE_URL)
# Cookies over plain HTTP are for a loopback address only: a demo, a test.
_secure = not environment.flag("PANGGON_INSECURE_LOOPBACK")
ALLOWED_HOSTS = [_base.hostname or "localhost", *environment.words("PANGGON_ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _secure
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
# With this prefix a browser takes them only from this very host over HTTPS: no neighbour below the city's domain, each
# of which is somebody else's site, can plant one (RFC 6265bis, 4.1.3.2).
PANGGON_COOKIE_PREFIX = "__Host-" if _secure else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{PANGGON_COOKIE_PREFIX}sesi", f"{PANGGON_COOKIE_PREFIX}csrf"
LANGUAGE_COOKIE_NAME = f"{PANGGON_COOKIE_PREFIX}bahasa"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 3600
PANGGON_SESSION_SEEN_EVERY = timedelta(minutes=10)  # so often at most is written when a session was last used
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_REFERRER_POLICY = "same-origin"
PANGGON_SCHEME = _base.scheme
# Only our own files: no inline script or style, nothing from elsewhere. Icons and QR codes may be data: images.
_policy = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    + " ".join(["form-action 'self'", *oidc.origins(OIDC_APPS)])
)
_powers = "camera display-capture geolocation hid local-fonts microphone midi payment serial usb xr-spatial-tracking"
PANGGON_HEADERS = {
    "Content-Security-Policy": _policy,
    "Cache-Control": "no-store",  # what one person saw stays in no proxy and on no shared computer
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in _powers.split()),
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
}

# -- Files: the style sheets and scripts of others come from node_modules, never from the network

STATIC_URL = f"static/{assets.digest(PORTAL / 'static', PANGGON_ASSETS)}/"
STATICFILES_DIRS = assets.folders(PANGGON_ASSETS)
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/"  # their address changes with them
WHITENOISE_USE_FINDERS = True
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "panggon.portal.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # without files

# -- Jobs, mail, logs

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
EMAIL_BACKEND = environment.text("PANGGON_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = environment.text("PANGGON_EMAIL_FILES") or None
EMAIL_HOST = environment.text("PANGGON_EMAIL_HOST", "localhost")
EMAIL_PORT = environment.number("PANGGON_EMAIL_PORT", 25)
EMAIL_HOST_USER = environment.text("PANGGON_EMAIL_USER")
EMAIL_HOST_PASSWORD = environment.secret("PANGGON_EMAIL_PASSWORD")
EMAIL_USE_TLS, EMAIL_USE_SSL = environment.mail_security("PANGGON_EMAIL_SECURITY")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = f"panggon@{_base.hostname}"  # of what the machine itself sends; the department's is a setting
# From where complaints are fetched; without a host from nowhere. Answers to complaints are written from its address.
PANGGON_IMAP_HOST = environment.text("PANGGON_IMAP_HOST")
PANGGON_IMAP_SECURITY = environment.imap_security("PANGGON_IMAP_SECURITY")
PANGGON_IMAP_PORT = environment.number("PANGGON_IMAP_PORT", 993 if PANGGON_IMAP_SECURITY == "tls" else 143)
PANGGON_IMAP_CA = environment.text("PANGGON_IMAP_CA")
PANGGON_IMAP_USER = environment.text("PANGGON_IMAP_USER")
PANGGON_IMAP_PASSWORD = environment.secret("PANGGON_IMAP_PASSWORD")
PANGGON_IMAP_FOLDER = environment.text("PANGGON_IMAP_FOLDER", "INBOX")
PANGGON_IMAP_ADDRESS = environment.text("PANGGON_IMAP_ADDRESS", PANGGON_IMAP_USER) if PANGGON_IMAP_HOST else ""
PANGGON_IMAP_AUTHSERV = environment.text("PANGGON_IMAP_AUTHSERV")
# Networks (CIDR) outside of the public internet that webhooks may call all the same.
PANGGON_WEBHOOK_NETWORKS = environment.networks("PANGGON_WEBHOOK_NETWORKS")

# -- Signatures

# As whom the portal talks to the gateway of BSrE, and the authority of its certificate (PEM) if it is the city's own.
PANGGON_ESIGN_USER = environment.text("PANGGON_ESIGN_USER")
PANGGON_ESIGN_PASSWORD = environment.secret("PANGGON_ESIGN_PASSWORD")
PANGGON_ESIGN_CA = environment.text("PANGGON_ESIGN_CA")
PANGGON_ESIGN_SECONDS = environment.number("PANGGON_ESIGN_SECONDS", 120)
# Certificate authorities whose signatures count (PEM, one file), and the folder of the certificates of a demonstration.
PANGGON_SIGNATURE_ROOTS = environment.text("PANGGON_SIGNATURE_ROOTS")
PANGGON_CERTIFICATES = Path(environment.text("PANGGON_CERTIFICATES", "var/certificates")).absolute()

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "panggon.portal.logs.OneLine", "fmt": "{asctime} {levelname} {name}: {message}", "style": "{"}
    },
    "filters": {
        "only_trouble": {"()": "panggon.portal.logs.OnlyTrouble"},
        "without_database": {"()": "panggon.portal.logs.WithoutDatabase"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain"},
        "jobs": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["only_trouble"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        **{name: {"level": "WARNING"} for name in ("pikepdf", "httpx", "imapclient")},
        **{name: {"level": "CRITICAL"} for name in ("pyhanko", "pyhanko_certvalidator")},
        "procrastinate": {"handlers": ["jobs"], "propagate": False},
        "django.request": {"filters": ["without_database"]},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # strangers send any Host; 400 is the answer
    },
}
