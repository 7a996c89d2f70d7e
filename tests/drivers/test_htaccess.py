"""Which `.htaccess` files of a site are read, whatever its owner has put there."""

import os
from pathlib import Path

import pytest

from panggon.core.sites.kinds import Profile
from panggon.drivers.nginx import htaccess
from panggon.drivers.system import files

DENIED = "Require all denied\n"


def nested(public: Path, depth: int) -> None:
    """`depth` folders in each other, more than a path can have; each with a prohibition."""
    here = os.open(public, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        there = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
        with os.fdopen(os.open(".htaccess", os.O_WRONLY | os.O_CREAT, dir_fd=here), "w") as file:
            file.write(DENIED)
    os.close(here)


def test_more_folders_in_folders_than_python_can_go_into(tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    nested(public, 1500)
    (public / ".htaccess").write_text(DENIED)
    found = htaccess.found(public, Profile.PLAIN)
    files.remove_tree(public)  # pytest could not
    assert len(found) == htaccess.DEPTH_MOST
    assert [each.path for each in found[:2]] == ["/.htaccess", "/d/.htaccess"]


def test_so_much_is_read_of_all_together(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / ".htaccess").write_text(DENIED + "#" * htaccess.BYTES_MOST)
    assert len(htaccess.found(tmp_path, Profile.PLAIN)) == htaccess.ALL_BYTES_MOST // htaccess.BYTES_MOST


def test_what_becomes_a_pipe_or_a_link_meanwhile_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that was seen as one is something else by the time it is opened: nobody waits for who writes into it."""
    elsewhere = tmp_path / "elsewhere"
    public = tmp_path / "public"
    for folder in (elsewhere, public / "folder", public / "pipe", public / "link"):
        folder.mkdir(parents=True)
        (folder / ".htaccess").write_text(DENIED)
    names = htaccess._names

    def late(directory: int) -> list[str]:
        found = names(directory)
        if found:
            (public / "pipe").rename(tmp_path / "former")
            os.mkfifo(public / "pipe")
            (public / "link").rename(tmp_path / "another")
            (public / "link").symlink_to(elsewhere)
        return found

    monkeypatch.setattr(htaccess, "_names", late)
    assert [each.path for each in htaccess.found(public, Profile.PLAIN)] == ["/folder/.htaccess"]


def test_links_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    for name, make in {
        "link": lambda path: path.symlink_to("/etc/passwd"),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
    }.items():
        (tmp_path / name).mkdir()
        make(tmp_path / name / ".htaccess")
    assert htaccess.found(tmp_path, Profile.PLAIN) == ()
