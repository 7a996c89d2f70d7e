from django.utils import timezone
from procrastinate.contrib.django import app

from panggon.signin import keys, services


@app.periodic(cron="17 3 * * *")
@app.task(name="signin.tidy", queueing_lock="signin.tidy")
def tidy(timestamp: int) -> None:  # noqa: ARG001 (given to every periodic job)
    now = timezone.now()
    services.tidy(now=now)
    keys.forget_former(now=now)
