from django.db import migrations, models

TICKING = [
    *("approved", "awaiting_approval", "disposed", "fixing", "prepared"),
    *("preparing", "received", "reported", "submitted", "verifying"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0012_profiles"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["due_at", "id"], condition=models.Q(("state__in", TICKING)), name="cases_that_tick"
            ),
        ),
    ]
