from django.urls import path

from panggon.sites import views

app_name = "sites"
urlpatterns = [
    path("pengaturan/paket/", views.plan_list, name="plans"),
    path("pengaturan/paket/baru/", views.new_plan, name="new_plan"),
    path("pengaturan/paket/<int:plan>/", views.plan, name="plan"),
    path("server/", views.healths, name="health"),
    path("pengaturan/server/", views.nodes, name="nodes"),
    path("pengaturan/server/<int:node>/pensiun/", views.retire_node, name="retire_node"),
]
