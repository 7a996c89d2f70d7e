"""Programs that are started in control groups, with directories in their place."""

from pathlib import Path

import pytest

from panggon.drivers.system import shell


@pytest.mark.parametrize(
    ("files", "entered"), [(("cgroup.procs", "tasks"), "tasks"), (("cgroup.procs",), "cgroup.procs")]
)
def test_a_group_is_entered_as_a_thread_where_the_kernel_lets_one(
    tmp_path: Path, files: tuple[str, ...], entered: str
) -> None:
    for name in files:
        (tmp_path / name).touch()
    shell.start(["true"], log=Path("/dev/null"), groups=[tmp_path]).wait(seconds=30)
    written = {name: (tmp_path / name).read_text() for name in files}
    assert written == {name: "0" if name == entered else "" for name in files}


def test_a_group_that_cannot_be_entered_is_an_error_of_the_system(tmp_path: Path) -> None:
    """As one that is taken away meanwhile: whoever starts programs goes on without this one."""
    (tmp_path / "cgroup.procs").symlink_to("/dev/full")
    with pytest.raises(OSError, match="true: control groups cannot be entered"):
        shell.start(["true"], log=tmp_path / "log", groups=[tmp_path])
