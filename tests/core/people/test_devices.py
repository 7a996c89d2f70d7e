import pytest

from panggon.core.people.devices import named

MOZILLA, GECKO = "Mozilla/5.0", "AppleWebKit/537.36 (like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (f"{MOZILLA} (Linux; Android 14; SM-A546E) {GECKO} Chrome/126.0 Mobile Safari/537.36", ("Chrome", "Android")),
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64) {GECKO} Chrome/126.0 Safari/537.36 Edg/126.0", ("Edge", "Windows")),
        (f"{MOZILLA} (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", ("Firefox", "Linux")),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 17_5) {GECKO} Version/17.5 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        (
            f"{MOZILLA} (Macintosh; Mac OS X 10_15) {GECKO} OPR/111.0 Chrome/125.0 Safari/537.36",
            ("Opera", "macOS"),
        ),
        ("curl/7.88.1", ("", "")),
        ("", ("", "")),
    ],
)
def test_browser_and_system(user_agent, device):
    assert named(user_agent) == device
