from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0006_post_tenures"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="theme",
            field=models.CharField(
                choices=[("system", "Ikut perangkat"), ("light", "Terang"), ("dark", "Gelap")],
                default="system",
                max_length=6,
                verbose_name="tampilan",
            ),
        ),
    ]
