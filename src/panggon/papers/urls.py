from django.urls import path

from panggon.papers import views

app_name = "papers"
urlpatterns = [
    path("pengaturan/penomoran/", views.numbering, name="numbering"),
    path("pengaturan/naskah/", views.template_list, name="templates"),
    path("pengaturan/naskah/contoh/<slug:sample>/", views.sample, name="sample"),
    path("pengaturan/naskah/<str:name>/", views.template, name="template"),
    path("pengaturan/naskah/<str:name>/bawaan/", views.put_back, name="put_back"),
    path("pengaturan/naskah/<str:name>/versi/<int:version>/", views.template_version, name="template_version"),
]
