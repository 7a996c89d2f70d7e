from django.urls import path

from panggon.portal import failures
from panggon.sites import api

handler500 = failures.answer
urlpatterns = [
    path("api/node/enroll", api.enroll),
    path("api/node/wish", api.next_wish),
    path("api/node/wish/<int:number>/progress", api.progress),
    path("api/node/wish/<int:number>/report", api.report),
    path("api/node/logins", api.logins),
    path("api/node/visits", api.visits),
    path("api/node/status", api.status),
]
