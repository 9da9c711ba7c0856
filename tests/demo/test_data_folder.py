"""The folder of an installation."""

import stat
from pathlib import Path

import pytest

from erpstaging.demo.data_folder import DataFolder, FolderTrouble


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "var", "demo")


def test_a_new_folder_becomes_ours(folder):
    with folder.held():
        folder.prepare()

    for name in ("broker", "log", "mail"):
        assert stat.S_IMODE((folder.path / name).stat().st_mode) == 0o700
    assert stat.S_IMODE((folder.path / "secret_key").stat().st_mode) == 0o600


def test_the_secret_key_is_drawn_once(folder):
    with folder.held():
        folder.prepare()
        first = (folder.path / "secret_key").read_text()
        folder.prepare()

    assert len(first) >= 50
    assert (folder.path / "secret_key").read_text() == first


def test_somebodys_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(FolderTrouble, match=r"thesis\.txt"), DataFolder(tmp_path, "demo").held():
        pass

    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_runs_one_installation_at_a_time(folder):
    with (
        folder.held(),
        pytest.raises(FolderTrouble, match="already runs"),
        DataFolder(folder.path, "demo").held(),
    ):
        pass


def test_a_folder_can_be_held_again_when_it_was_let_go(folder):
    with folder.held():
        pass
    with folder.held():
        pass


def test_a_real_installation_is_not_a_demo(folder):
    with DataFolder(folder.path, "serve").held():
        pass

    with pytest.raises(FolderTrouble, match="made by `serve`"), folder.held():
        pass


def test_reset_removes_everything_but_whose_folder_it_is(folder):
    with folder.held():
        folder.prepare()
        (folder.path / "outside").symlink_to("/etc")

        folder.reset()

        assert {entry.name for entry in folder.path.iterdir()} == {"lock", "installation.json"}
    assert Path("/etc/passwd").exists()


def test_undelivered_messages_of_the_last_run_are_dropped(folder):
    with folder.held():
        folder.prepare()
        (folder.path / "broker" / "queue" / "1.msg").write_text("{}")

        folder.prepare()

        assert list((folder.path / "broker" / "queue").iterdir()) == []


def test_the_addresses_can_be_read_while_it_runs_and_by_nobody_else(folder):
    shown = folder.path / "database.json"
    with folder.held():
        with folder.addresses_shown({"app": "a", "owner": "b"}):
            assert stat.S_IMODE(shown.stat().st_mode) == 0o600
        assert not shown.exists()
