"""The SOPs are read from the procedures: what people can press is in them once, and changes there change here."""

from collections import Counter
from dataclasses import replace
from datetime import time, timedelta
from xml.etree import ElementTree as ET

import pytest

from panggon.core.cases import procedure
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.cases.shares import STEP_SHARES
from panggon.core.cases.vocabulary import Effect
from panggon.core.complaints import procedure as complaint
from panggon.core.complaints.vocabulary import ComplaintAction, Part
from panggon.core.schedule.workdays import Session
from panggon.core.standards.flow import Symbol, flow_of, running_states
from panggon.core.standards.flow_chart import ChartWords, strip
from panggon.core.standards.sop import Duration, complaint_flow, complaint_lines, service_flow, service_lines, usual_day
from panggon.core.standards.sop_words import OUTPUTS
from panggon.core.state_machine import Row

WORDS = ChartWords("Ya", "Tidak", "Selesai")
PEOPLE = tuple(role for role in Role if role is not Role.SYSTEM)
SVG = "{http://www.w3.org/2000/svg}"


def flow_with(*rows):
    """The flow of the procedure with these rows besides."""
    table = replace(procedure.TABLE, rows=(*procedure.TABLE.rows, *rows))
    return flow_of(table, people=PEOPLE, waits_for=procedure.waits_for, goal=State.DONE)


def lines():
    return service_lines(shares=STEP_SHARES, allowance=timedelta(hours=15))


def line_of(action):
    return next(line for line in lines() if line.activity.action is action)


@pytest.mark.parametrize(
    ("flow", "table", "system"),
    [
        (service_flow(), procedure.TABLE, Role.SYSTEM),
        (complaint_flow(), complaint.TABLE, Part.SYSTEM),
    ],
)
def test_every_row_that_people_press_is_in_it_once(flow, table, system):
    found = Counter(id(row) for activity in flow.activities for row in activity.rows)
    pressed = [row for row in table.rows if set(row.roles) - {system}]
    assert found == Counter(map(id, pressed))
    assert [activity.number for activity in flow.activities] == list(range(1, len(flow.activities) + 1))


def test_the_way_is_that_of_the_sk():
    way, number = [], 1
    while number is not None:
        activity = service_flow().activity(number)
        way.append(activity.action)
        number = activity.follows
    assert way == [
        Action.SUBMIT,
        Action.RECEIVE,
        Action.DISPOSE,
        Action.ASSIGN,
        Action.COMPLETE,
        Action.PREPARE,
        Action.REPORT,
        Action.REQUEST_APPROVAL,
        Action.APPROVE,
        Action.DELIVER,
        Action.CONFIRM,
    ]


def test_who_decides_may_also_send_back():
    flow = service_flow()
    checked = next(each for each in flow.activities if each.action is Action.COMPLETE)
    assert checked.symbol is Symbol.DECISION
    assert [flow.activity(number).action for number in checked.otherwise] == [Action.RETURN_TO_APPLICANT]
    returned = flow.activity(checked.otherwise[0])
    assert flow.activity(returned.follows).action is Action.RESUBMIT
    assert flow.activity(flow.activity(returned.follows).follows) == checked


def test_what_can_be_done_at_any_time_has_no_arrows_to_it():
    aside = {each.action for each in service_flow().activities if each.aside}
    assert aside == {
        Action.SAVE_DRAFT,
        Action.WITHDRAW,
        Action.REFUSE,
        Action.REASSIGN,
        Action.RETRY,
        Action.CHANGE_SPEC,
    }
    assert all(not each.before for each in service_flow().activities if each.aside)


def test_the_four_steps_of_a_complaint():
    steps = {line.activity.action: line.step for line in complaint_lines() if not line.activity.aside}
    assert steps[ComplaintAction.FILE] == 1
    assert steps[ComplaintAction.TAKE] == 2
    assert steps[ComplaintAction.PASS_ON] == 3
    resolved = [line for line in complaint_lines() if line.activity.action is ComplaintAction.RESOLVE]
    assert [(line.activity.doer, line.step) for line in resolved] == [(Part.OFFICER, 2), (Part.OFFICIAL, 4)]
    assert resolved[0].activity.otherwise == (resolved[0].activity.number + 1,)


def test_a_new_row_is_a_new_activity():
    before = service_flow()
    row = Row(Action.SEND_BACK, (State.DISPOSED,), State.RECEIVED, {Role.DIVISION_HEAD: ()})
    flow = flow_with(row)
    assert len(flow.activities) == len(before.activities) + 1
    added = next(each for each in flow.activities if each.rows == (row,))
    assigned = next(each for each in flow.activities if each.action is Action.ASSIGN)
    assert assigned.otherwise == (added.number,)
    assert assigned.symbol is Symbol.DECISION
    assert flow.activity(added.follows).action is Action.DISPOSE
    assert strip(assigned, flow, WORDS) != strip(before.activity(assigned.number), before, WORDS)


def test_the_clock_runs_while_the_dinas_has_it():
    runs = running_states(procedure.TABLE)
    assert State.SUBMITTED in runs
    assert State.FIXING in runs
    assert runs.isdisjoint({State.DRAFT, State.INCOMPLETE, State.DELIVERED, State.DONE})


def test_times_are_the_shares_of_the_clock():
    assert line_of(Action.RECEIVE).duration == Duration(minutes=135)
    assert line_of(Action.DISPOSE).duration == Duration(with_number=2)
    assert line_of(Action.PREPARE).duration == Duration(minutes=270)
    assert line_of(Action.SUBMIT).duration == line_of(Action.RESUBMIT).duration == Duration(outside=True)
    assert line_of(Action.REFUSE).duration == Duration()
    total = sum(line.duration.minutes for line in lines() if line.duration.minutes)
    assert total == 15 * 60


def test_without_office_hours_there_are_no_times():
    assert not any(line.duration.minutes for line in service_lines(shares=STEP_SHARES, allowance=None))


def test_the_usual_day_of_the_city_has_seven_hours_and_a_half():
    long = (Session(time(7, 30), time(12)), Session(time(13), time(16, 30)))
    friday = (Session(time(7, 30), time(11, 30)), Session(time(13), time(14, 30)))
    assert usual_day((long, long, long, long, friday, (), ())) == timedelta(hours=7, minutes=30)
    assert usual_day(((),) * 7) == timedelta()


def test_what_is_needed_and_what_comes_of_it():
    approved = line_of(Action.APPROVE)
    assert "Tanda tangan elektronik" in approved.requisites
    assert approved.outputs == ("Situs terbuka, dengan bukti",)
    asked = line_of(Action.REQUEST_APPROVAL)
    assert asked.outputs == (
        "Dokumen hosting",
        "Dokumen hak akses",
        "Surat pengantar",
        "Nota permohonan pengesahan",
    )
    assert line_of(Action.REFUSE).steps == (2, 3, 4, 5, 6, 7)


def test_every_paper_is_an_output():
    papers = [each for each in Effect if each.endswith(("_paper", "_document", "_letter", "_record"))]
    assert [each for each in papers if not OUTPUTS[each]] == []


def drawn(action, flow=None):
    flow = flow or service_flow()
    activity = next(each for each in flow.activities if each.action is action)
    return ET.fromstring(strip(activity, flow, WORDS))


def said(svg):
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def test_a_strip_says_where_it_goes_on():
    assert said(drawn(Action.RECEIVE)) == []
    assert said(drawn(Action.COMPLETE)) == ["5", "Tidak", "Ya", "8"]  # reached also from 7; "no" is the strip below
    assert "Selesai" in said(drawn(Action.CONFIRM))
    assert said(drawn(Action.SEND_BACK)) == ["8"]


def test_people_have_columns_and_who_may_also_do_it_is_dashed():
    boxes = {box.get("x"): box for box in drawn(Action.SUBMIT) if box.tag == f"{SVG}svg"}
    assert list(boxes) == ["30%", "10%"]
    dashed, own = (boxes[x].find(f"{SVG}rect") for x in ("30%", "10%"))
    assert dashed.get("stroke-dasharray")
    assert own.get("rx")  # a terminator: it begins here
    assert not own.get("stroke-dasharray")


def test_words_cannot_break_the_drawing():
    flow = service_flow()
    checked = next(each for each in flow.activities if each.action is Action.COMPLETE)
    svg = strip(checked, flow, ChartWords("<b>", "&", '"'))
    assert said(ET.fromstring(svg)) == ["5", "&", "<b>", "8"]
