from django.urls import path

from panggon.schedule.views import calendar, importing, measures, rows

app_name = "schedule"
urlpatterns = [
    path("kalender/", calendar.now, name="now"),
    path("kalender/<int:year>/", calendar.year, name="year"),
    path("kalender/<int:year>/<int:month>/", calendar.month, name="month"),
    path("kalender/<int:year>/hapus/", importing.remove_year, name="remove_year"),
    path("kalender/<int:year>/unduh/", calendar.export, name="export"),
    path("kalender/isi/", importing.fill, name="fill"),
    path("kalender/impor/", importing.take_file, name="import"),
    path("kalender/riwayat/", calendar.history, name="history"),
    path("kalender/bagian-waktu/", measures.shares, name="shares"),
    path("kalender/pengingat/", measures.reminders, name="reminders"),
    path("kalender/libur/tambah/", rows.add_holiday, name="add_holiday"),
    path("kalender/libur/<str:day>/", rows.holiday, name="holiday"),
    path("kalender/jam-kerja/tambah/", rows.add_hours, name="add_hours"),
    path("kalender/jam-kerja/<int:pk>/", rows.hours, name="hours"),
    path("kalender/penutupan/tambah/", rows.add_closing, name="add_closing"),
    path("kalender/penutupan/<int:pk>/", rows.closing, name="closing"),
]
