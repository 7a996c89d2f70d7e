from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sites", "0004_site_life_and_drift"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="wish",
            index=models.Index(fields=["site"], condition=models.Q(("reported_at", None)), name="wishes_of_busy_sites"),
        ),
    ]
