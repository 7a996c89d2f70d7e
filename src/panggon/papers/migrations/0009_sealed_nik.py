from django.apps.registry import Apps
from django.db import migrations, models


def forget(apps: Apps, _schema_editor: object) -> None:
    """What stood there unencrypted is asked for once again."""
    apps.get_model("papers", "Signatory").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("papers", "0008_references")]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.RemoveField("signatory", "nik"),
        migrations.AddField("signatory", "sealed", models.TextField(default=""), preserve_default=False),
    ]
