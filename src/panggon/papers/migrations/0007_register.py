import re

from django.apps.registry import Apps
from django.db import migrations, models

NUMBER = re.compile(r"([0-9.]+)\D+([0-9]+)\D+([0-9]{4})")


def read_numbers(apps: Apps, _schema_editor: object) -> None:
    """Numbers that were given in the shipped form; others stand without a code, in the order of their making."""
    Paper = apps.get_model("papers", "Paper")
    for place, paper in enumerate(Paper.objects.order_by("made_at", "id"), 1):
        found = NUMBER.fullmatch(paper.number)
        code, serial, year = found.groups() if found else ("", place, paper.made_at.year)
        paper.register, paper.serial, paper.year = code[:20], int(serial), int(year)
        paper.save(update_fields=["register", "serial", "year"])


class Migration(migrations.Migration):
    dependencies = [("papers", "0006_incident_papers")]

    operations = [
        migrations.AddField("paper", "stated", models.JSONField(default=list)),
        migrations.AddField("paper", "register", models.CharField(max_length=20, default=""), preserve_default=False),
        migrations.AddField("paper", "year", models.PositiveSmallIntegerField(default=0), preserve_default=False),
        migrations.AddField("paper", "serial", models.PositiveIntegerField(default=0), preserve_default=False),
        migrations.RunPython(read_numbers, migrations.RunPython.noop),
        migrations.AlterModelOptions("paper", {"ordering": ["made_at", "serial"]}),
        migrations.AddConstraint(
            "paper", models.UniqueConstraint(fields=["register", "year", "serial"], name="one_paper_a_number")
        ),
    ]
