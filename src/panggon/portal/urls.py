"""The pages. The interface of the nodes has its own configuration, on its own port."""

from django.urls import include, path

from panggon.portal import administration, changes, failed_jobs, failures, language, theme

handler500 = failures.page
urlpatterns = [
    path("bahasa/", language.choose, name="choose_language"),
    path("tampilan/", theme.choose, name="choose_theme"),
    path("pengaturan/", administration.administration, name="administration"),
    path("pengaturan/pekerjaan/", failed_jobs.failed_jobs, name="failed_jobs"),
    path("pengaturan/pekerjaan/<int:job>/ulangi/", failed_jobs.run_again, name="run_job_again"),
    path("pengaturan/pekerjaan/<int:job>/hapus/", failed_jobs.drop, name="drop_job"),
    path("", include("panggon.office.urls")),
    path("", include("panggon.papers.urls")),
    path("", include("panggon.sites.urls")),
    path("", include("panggon.schedule.urls")),
    path("", include("panggon.people.pages")),
    path("", include("panggon.tokens.urls")),
    path("", include("panggon.signin.urls")),
    path("", include("panggon.surveys.urls")),
    path("", include("panggon.standards.urls")),
    path("", include("panggon.cases.urls")),
    path("", include("panggon.notify.urls")),
    path("", include("panggon.upkeep.urls")),
    path("", include("panggon.complaints.urls")),
    path("", include("panggon.incidents.urls")),
    path("", include("panggon.public.urls")),
    path("", include("panggon.portal.api.urls")),
    path("catatan/", changes.changes, name="changes"),
]
