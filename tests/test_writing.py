"""Files that are replaced are whole: the new or the old."""

from pathlib import Path

import pytest

from recognizer.core.writing import replacing
from recognizer.errors import OutputError


def test_all_files_appear_in_a_new_folder(tmp_path: Path) -> None:
    with replacing(tmp_path / "new" / "a.txt", tmp_path / "new" / "b.txt") as files:
        for file in files:
            file.write_text("whole")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert [(file.name, file.read_text()) for file in sorted((tmp_path / "new").iterdir())] == [
        ("a.txt", "whole"), ("b.txt", "whole")]


def write(path: Path, text: str, failure: type[BaseException] | None = None) -> None:
    with replacing(path) as [file]:
        file.write_text(text)
        if failure:
            raise failure


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_a_failure_keeps_the_old(tmp_path: Path, failure: type[BaseException]) -> None:
    write(tmp_path / "a.txt", "old")
    with pytest.raises(failure):
        write(tmp_path / "a.txt", "ha", failure)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "old")]


def test_what_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match=r"a\.txt: can't be written \(") as caught:
        write(tmp_path / "file" / "a.txt", "never")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_told_and_keeps_the_old(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "old")
    (tmp_path / ".new-a.txt").symlink_to("/dev/full")  # where the new file would be written
    with pytest.raises(OutputError, match="No space left on device"):
        write(tmp_path / "a.txt", "new")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "old")]
