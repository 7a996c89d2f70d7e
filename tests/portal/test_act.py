"""The one door: what each action does, who may, and that it is all or nothing."""



from panggon.core.procedure import State


def codes(raised) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in raised.value.faults]


def test_the_straight_way_through_all_nine_steps(office):
    case = office.bring_to(State.DONE)
    assert [(event.action, event.target) for event in case.events.all()] == [
        ("save_draft", "draft"),
        ("submit", "submitted"),
        ("receive", "received"),
        ("dispose", "disposed"),
        ("assign", "verifying"),
        ("complete", "preparing"),
        ("prepare", "preparing"),
        ("record_preparation", "prepared"),
        ("report", "reported"),
        ("request_approval", "awaiting_approval"),
        ("approve", "approved"),
        ("record_opening", "approved"),
        ("deliver", "delivered"),
        ("confirm", "done"),
    ]
    assert case.number == "HST-2026-0001"
    assert case.agenda_number == "0001/2026"
    assert case.version == 14
    assert case.due_at.isoformat() == "2026-11-25T09:30:00+00:00"  # Wednesday 16.30
    assert case.stopped_at == case.events.get(action="deliver").at
    assert case.site.host == "dinsos.panggon.test"
    assert case.site.identifier == "s900001"
    assert case.site.state == "open"
