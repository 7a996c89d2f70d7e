"""Only those pages of django-allauth that the portal wants; the names are allauth's own, because it reverses them."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path

from panggon.people.permissions import public, signed_in

urlpatterns = [
    path("masuk/", public(account.login), name="account_login"),
    path("akun/keluar/", public(account.logout), name="account_logout"),
    path("akun/nonaktif/", public(account.account_inactive), name="account_inactive"),
    path("akun/konfirmasi/", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("akun/kata-sandi/", signed_in(account.password_change), name="account_change_password"),
    path("akun/kode/", public(mfa.authenticate), name="mfa_authenticate"),
    path("akun/keamanan/", signed_in(mfa.index), name="mfa_index"),
    path("akun/keamanan/konfirmasi/", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("akun/keamanan/aktifkan/", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("akun/keamanan/nonaktifkan/", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("akun/keamanan/cadangan/", signed_in(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "akun/keamanan/cadangan/baru/", signed_in(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"
    ),
]
