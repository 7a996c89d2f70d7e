from panggon.office.selectors import office
from panggon.people.adapters import AccountAdapter


class MailingAccountAdapter(AccountAdapter):
    """Mail about accounts comes from the department's own address."""

    def get_from_email(self) -> str:
        return office().sender
