"""Fixtures are what their code renders: the same seed gives the same truth."""

import pytest
from harness import CLIPS, PICTURES

from fixtures.render import CLIPS as RENDERED
from fixtures.scene import Clip, render


def test_every_fixture_is_there_with_its_truth() -> None:
    there = sorted(path.name for folder in (CLIPS, PICTURES) for path in folder.iterdir() if path.suffix != ".jsonl")
    assert there == sorted(clip.name for clip in RENDERED)
    assert all((PICTURES if clip.frames == 1 else CLIPS).joinpath(clip.name).with_suffix(".jsonl").exists()
               for clip in RENDERED)


@pytest.mark.parametrize("clip", [clip for clip in RENDERED if clip.name in ("tiny.png", "moving.mp4")],
                         ids=lambda clip: clip.name)
def test_the_first_frame_has_the_truth_that_is_kept(clip: Clip) -> None:
    kept = (PICTURES if clip.frames == 1 else CLIPS).joinpath(clip.name).with_suffix(".jsonl")
    image, truth = next(render(clip))
    assert image.shape == (clip.size[1], clip.size[0], 3)
    assert truth.json() == kept.read_text(encoding="utf-8").splitlines()[0]
