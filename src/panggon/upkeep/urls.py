from django.urls import path

from panggon.upkeep.views import changing, requesting, sites

app_name = "upkeep"
urlpatterns = [
    path("situs/", sites.listed, name="sites"),
    path("situs/kirim-lagi/", changing.resend_all, name="resend_all"),
    path("situs/<str:site>/", sites.site, name="site"),
    path("situs/<str:site>/kirim-lagi/", changing.resend, name="resend"),
    path("situs/<str:site>/ulangi/", changing.repeat, name="repeat"),
    path("situs/<str:site>/minta/", requesting.ask, name="ask"),
    path("situs/<str:site>/permintaan/<int:request_key>/", requesting.answer, name="answer"),
    path("situs/<str:site>/permintaan/<int:request_key>/surat/", requesting.letter, name="letter"),
    path("situs/<str:site>/perubahan/<int:change>/", changing.change, name="change"),
    path("situs/<str:site>/perubahan/<int:change>/surat/", changing.letter, name="change_letter"),
    path("situs/<str:site>/perubahan/<int:change>/kemajuan/", changing.progress, name="progress"),
    path("situs/<str:site>/<str:site_action>/", changing.propose, name="propose"),
]
