"""The only writers of people: accounts, posts, who acts in them, agencies, invitations, second factors."""

from panggon.people.services.accounts import (
    change_person,
    change_phone,
    choose_language,
    choose_theme,
    create_account,
    enrol_totp,
)
from panggon.people.services.acting import end_acting, name_acting_official
from panggon.people.services.agencies import agency_subject, save_agency, save_division
from panggon.people.services.closing import close_account, close_colleague, reopen_account
from panggon.people.services.invitations import (
    Letter,
    accept,
    hash_of,
    invite_admin,
    invite_first_administrator,
    invite_official,
    invite_to_agency,
    send_again,
    token_of,
    withdraw,
)
from panggon.people.services.posts import (
    ASSIGNABLE,
    IN_A_DIVISION,
    Tenure,
    assign_role,
    change_tenure,
    found_division,
    give_post,
    lock_posts,
    take_post,
    user_subject,
)

__all__ = [
    "ASSIGNABLE",
    "IN_A_DIVISION",
    "Letter",
    "Tenure",
    "accept",
    "agency_subject",
    "assign_role",
    "change_person",
    "change_phone",
    "change_tenure",
    "choose_language",
    "choose_theme",
    "close_account",
    "close_colleague",
    "create_account",
    "end_acting",
    "enrol_totp",
    "found_division",
    "give_post",
    "hash_of",
    "invite_admin",
    "invite_first_administrator",
    "invite_official",
    "invite_to_agency",
    "lock_posts",
    "name_acting_official",
    "reopen_account",
    "save_agency",
    "save_division",
    "send_again",
    "take_post",
    "token_of",
    "user_subject",
    "withdraw",
]
