from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from panggon.core.notify.notices import PAUSES

# Jobs that talk to servers of others have crews of their own, so that a slow one never holds up a paper.
MAIL, WEBHOOKS = "mail", "webhooks"


class GrowingPauses(BaseRetryStrategy):
    """Again after each of `PAUSES`, then no more."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002
        if job.attempts >= len(PAUSES):
            return None
        return RetryDecision(retry_in={"seconds": int(PAUSES[job.attempts].total_seconds())})
