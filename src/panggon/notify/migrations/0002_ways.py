import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notify", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mailing", models.CharField(default="at_once", max_length=10)),
                ("phone", models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name="notice",
            name="mail_problem",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="notice",
            name="mail_tries",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="notice",
            name="mailing",
            field=models.CharField(default="none", max_length=10),
        ),
        migrations.AddField(
            model_name="notice",
            name="occasion",
            field=models.CharField(default="information", max_length=20),
        ),
        migrations.AddField(
            model_name="notice",
            name="read_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("read_at", None)), fields=["recipient"], name="notice_unread"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["recipient", "made_at"], name="notice_of_person"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["made_at"], name="notice_age"),
        ),
        migrations.AddField(
            model_name="preference",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notice_preference",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
