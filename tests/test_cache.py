"""What is kept from run to run stays small, and whole."""

import os

from fourfold.compare.system import files


def test_the_oldest_and_the_empty_go(tmp_path):
    for age, (name, size) in enumerate({"new": 40, "empty": 0, "middle": 50, "old": 20, "oldest": 1}.items()):
        path = tmp_path / name
        path.write_bytes(b"x" * size)
        os.utime(path, (1e9 - age, 1e9 - age))
    files.tidy(tmp_path, 100)
    assert sorted(os.listdir(tmp_path)) == ["middle", "new"]
    files.tidy(tmp_path, 100)
    assert sorted(os.listdir(tmp_path)) == ["middle", "new"]


def test_no_folder_is_no_fault(tmp_path):
    files.tidy(tmp_path / "none", 100)
