"""Only those pages of django-allauth that the portal wants; the names are allauth's own, because it reverses them."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import path, re_path

from panggon.people.permissions import public, signed_in
from panggon.signin import providers, views

KEYS = "akun/keamanan/kunci-sandi"

urlpatterns = [
    path("masuk/", public(account.login), name="account_login"),
    path("masuk/kunci-sandi/", public(passkey.login_webauthn), name="mfa_login_webauthn"),
    path("masuk/jwks.json", views.client_keys, name="client_keys"),
    path("masuk/gagal/", public(social.login_error), name="socialaccount_login_error"),
    path("masuk/batal/", public(social.login_cancelled), name="socialaccount_login_cancelled"),
    path("masuk/lewat/<slug:provider_id>/", public(oidc.login), name="openid_connect_login"),
    path("masuk/lewat/<slug:provider_id>/kembali/", public(providers.callback), name="openid_connect_callback"),
    path("lupa-kata-sandi/", public(account.password_reset), name="account_reset_password"),
    path("lupa-kata-sandi/terkirim/", public(account.password_reset_done), name="account_reset_password_done"),
    re_path(  # the key has hyphens of its own
        r"^lupa-kata-sandi/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        public(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "lupa-kata-sandi/selesai/",
        public(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("akun/keluar/", public(account.logout), name="account_logout"),
    path("akun/nonaktif/", public(account.account_inactive), name="account_inactive"),
    path("akun/konfirmasi/", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("akun/kata-sandi/", signed_in(account.password_change), name="account_change_password"),
    path("akun/kode/", public(mfa.authenticate), name="mfa_authenticate"),
    path("akun/sesi/", views.sessions, name="usersessions_list"),
    path("akun/keamanan/", views.account, name="mfa_index"),
    path("akun/keamanan/konfirmasi/", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("akun/keamanan/aktifkan/", views.activate_totp, name="mfa_activate_totp"),
    path("akun/keamanan/ponsel-baru/", views.new_phone, name="new_phone"),
    path("akun/keamanan/nonaktifkan/", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("akun/keamanan/cadangan/", views.codes, name="mfa_view_recovery_codes"),
    path(
        "akun/keamanan/cadangan/baru/", signed_in(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"
    ),
    path(f"{KEYS}/", signed_in(passkey.list_webauthn), name="mfa_list_webauthn"),
    path(f"{KEYS}/baru/", signed_in(passkey.add_webauthn), name="mfa_add_webauthn"),
    path(f"{KEYS}/konfirmasi/", signed_in(passkey.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path(f"{KEYS}/<int:pk>/nama/", signed_in(passkey.edit_webauthn), name="mfa_edit_webauthn"),
    path(f"{KEYS}/<int:pk>/hapus/", views.remove_passkey, name="mfa_remove_webauthn"),
    path("pengaturan/penyedia-masuk/", views.other_doors, name="other_doors"),
    path("orang/<int:person>/riwayat-masuk/", views.person, name="person_visits"),
]
