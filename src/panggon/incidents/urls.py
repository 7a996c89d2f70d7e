from django.urls import path

from panggon.incidents.views import handling, reading

app_name = "incidents"
urlpatterns = [
    path("insiden/", handling.listed, name="list"),
    path("insiden/lapor/", handling.report, name="report"),
    path("insiden/<str:incident>/", reading.incident, name="incident"),
    path("insiden/<str:incident>/situs/", reading.site, name="site"),
    path("insiden/<str:incident>/bukti/<int:evidence>/", handling.evidence, name="evidence"),
    path("insiden/<str:incident>/naskah/<uuid:paper>/", handling.paper, name="paper"),
    path("insiden/<str:incident>/<str:action>/", handling.step, name="step"),
]
