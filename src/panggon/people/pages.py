"""The addresses of the pages about people; those of django-allauth stand in `urls`."""

from django.urls import path

from panggon.people.views import agencies, invitations, own, staff, team

app_name = "people"
urlpatterns = [
    path("akun/nomor-hp/", own.phone, name="phone"),
    path("rekan/", team.team, name="team"),
    path("rekan/<int:user>/tutup/", team.close_colleague, name="close_colleague"),
    path("undangan/<int:invitation>/kirim-ulang/", invitations.send_again, name="send_again"),
    path("undangan/<int:invitation>/batal/", invitations.withdraw, name="withdraw"),
    path("undangan/terima/<str:token>/", invitations.accept, name="accept"),
    path("opd/", agencies.agencies, name="agencies"),
    path("opd/baru/", agencies.agency_new, name="agency_new"),
    path("opd/<int:agency>/", agencies.agency, name="agency"),
    path("opd/<int:agency>/ubah/", agencies.agency_edit, name="agency_edit"),
    path("opd/<int:agency>/undang/", agencies.agency_invite, name="agency_invite"),
    path("bidang/", agencies.divisions, name="divisions"),
    path("bidang/<int:division>/", agencies.division_edit, name="division"),
    path("pegawai/", staff.staff, name="staff"),
    path("pegawai/undang/", staff.staff_invite, name="staff_invite"),
    path("pegawai/jabatan/kepala-dinas/", staff.post_history, name="head_history"),
    path("pegawai/jabatan/kepala-bidang/<int:division>/", staff.post_history, name="division_head_history"),
    path("pegawai/pejabat-sementara/", staff.acting, name="acting"),
    path("pegawai/pejabat-sementara/<int:acting>/akhiri/", staff.acting_end, name="acting_end"),
    path("orang/<int:user>/", staff.person, name="person"),
    path("orang/<int:user>/ubah/", staff.person_edit, name="person_edit"),
    path("orang/<int:user>/jabatan/", staff.post_give, name="post_give"),
    path("orang/<int:user>/jabatan/<int:post>/masa/", staff.post_tenure, name="post_tenure"),
    path("orang/<int:user>/buka/", staff.reopen, name="reopen"),
]
