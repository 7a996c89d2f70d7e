from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Follower",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20)),
                ("email", models.EmailField(max_length=254)),
                ("language", models.CharField(default="id", max_length=5)),
                ("asked_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("told", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["email", "asked_at"], name="follower_asked")],
                "constraints": [models.UniqueConstraint(fields=("number", "email"), name="follower_once")],
            },
        ),
    ]
