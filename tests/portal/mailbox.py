"""What the office worker sends of the messages that were asked for."""

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.notify import jobs
from panggon.notify.models import Message


def write_messages() -> list[Message]:
    """What waits to be sent: the newest of each reference."""
    for job in ProcrastinateJob.objects.filter(task_name="notify.write").order_by("id"):
        jobs.write(**job.args)
    return list(Message.objects.order_by("pk"))


def send_messages() -> list[EmailMultiAlternatives]:
    """All that was ever asked for, sent now."""
    mail.outbox.clear()
    for message in write_messages():
        jobs.send_message(message.pk)
    return list(mail.outbox)
