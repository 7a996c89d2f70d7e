"""The only writers of people: accounts, posts, who acts in them, second factors."""

from panggon.people.services.accounts import choose_language, create_account, enrol_totp
from panggon.people.services.acting import end_acting, name_acting_official
from panggon.people.services.posts import ASSIGNABLE, IN_A_DIVISION, assign_role, found_division

__all__ = [
    "ASSIGNABLE",
    "IN_A_DIVISION",
    "assign_role",
    "choose_language",
    "create_account",
    "end_acting",
    "enrol_totp",
    "found_division",
    "name_acting_official",
]
