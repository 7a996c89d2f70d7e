from django.urls import path

from panggon.incidents.views import handling, reading

app_name = "incidents"
urlpatterns = [
    path("insiden/", handling.listed, name="list"),
    path("insiden/lapor/", handling.report, name="report"),
    path("insiden/<slug:incident>/", reading.incident, name="incident"),
    path("insiden/<slug:incident>/situs/", reading.site, name="site"),
    path("insiden/<slug:incident>/bukti/<int:evidence>/", handling.evidence, name="evidence"),
    path("insiden/<slug:incident>/naskah/<uuid:paper>/", handling.paper, name="paper"),
    path("insiden/<slug:incident>/<slug:action>/", handling.step, name="step"),
]
