"""Parts of pages that are drawn once, and inputs that are drawn without templates."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from django import forms
from django.utils.safestring import mark_safe
from django.utils.translation import override

from panggon.cases.views.presentation import Row
from panggon.people.models import Agency
from panggon.people.templatetags import pages
from panggon.people.templatetags.pages import breakable, part
from panggon.portal.widgets import INPUTS, Renderer

DUE = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
ROW = Row("HST-1", "Situs <b>", "Dinsos", "", "submitted", DUE)


@dataclass(frozen=True)
class Told:
    rows: tuple[object, ...]


def test_the_same_facts_are_drawn_once_in_each_language(monkeypatch):
    pages._drawn.cache_clear()
    first = part("cases/row.html", row=ROW)
    assert "Situs &lt;b&gt;" in first
    assert "Batas 25 November 2026, 16.30" in first
    monkeypatch.setattr(pages, "render_to_string", lambda name, facts: f"{name} {facts['row'].title}")
    assert part("cases/row.html", row=replace(ROW)) is first
    assert part("cases/row.html", row=replace(ROW, title="Lain")) == "cases/row.html Lain"
    with override("en"):
        assert part("cases/row.html", row=ROW) == "cases/row.html Situs <b>"


@pytest.mark.parametrize("changing", [Agency(pk=1, name="Dinas"), mark_safe("<b>"), Told((1, Agency(pk=1)))])
def test_what_may_change_behind_its_back_is_refused(changing):
    with pytest.raises(TypeError, match="is no plain fact"):
        part("cases/row.html", row=changing)


@pytest.mark.parametrize("attributes", [{}, {"required": True, "disabled": False, "maxlength": 10, "list": 'x"<'}])
@pytest.mark.parametrize("value", [None, "", 0, "a\"<b>&'", "plain"])
def test_an_input_looks_as_django_draws_it(attributes, value):
    for kind in (forms.TextInput, forms.HiddenInput, forms.EmailInput, forms.NumberInput, forms.DateInput):
        widget = kind(attributes)
        assert widget.template_name in INPUTS
        ours, djangos = (
            widget.render("nama", value, renderer=drawn()) for drawn in (Renderer, forms.renderers.DjangoTemplates)
        )
        assert ours == djangos


def test_names_break_after_their_dots_and_nothing_else_does():
    assert breakable("dinsos.kota.go.id: <b> 16.30. Sri, S.Kom.") == (
        "dinsos.<wbr>kota.<wbr>go.<wbr>id: &lt;b&gt; 16.30. Sri, S.Kom."
    )
