"""How a case's state looks: a word, a mark and a colour, never a colour alone."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from panggon.cases.models import Case
from panggon.cases.views.presentation import Row
from panggon.core.cases.procedure import Action, State
from panggon.labels import ACTION_LABELS, STATE_LABELS
from panggon.people.templatetags.pages import icon

register = template.Library()

LOOKS = {
    State.DRAFT: ("", "pencil"),
    State.INCOMPLETE: ("warning", "player-pause"),
    State.FIXING: ("warning", "alert-triangle"),
    State.DELIVERED: ("positive", "key"),
    State.DONE: ("positive", "check"),
    State.WITHDRAWN: ("negative", "circle-x"),
    State.REFUSED: ("negative", "circle-x"),
}


@register.filter
def action_text(action: Action) -> str:
    """The button's text of an action."""
    return ACTION_LABELS[action].text


@register.simple_tag
def state_badge(case: Case | Row) -> SafeString:
    state = State(case.state)
    look, mark = LOOKS.get(state, ("", "clock"))
    return format_html('<span class="badge-state {}">{}{}</span>', look, icon(mark), STATE_LABELS[state].text)
