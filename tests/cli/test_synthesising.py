"""The command synthesise."""

from __future__ import annotations


def test_images_are_made_and_status_tells_how_many_could_be_named(fewclicks, digits_project):
    project = digits_project
    assert fewclicks("simulate", project, "--budget", "60").code == 0
    told = fewclicks("synthesise", project, "-n", "4")
    assert told.code == 0, told.err
    assert "4 images made in" in told.out
    assert "fewclicks prepare" in told.err
    told = fewclicks("synthesise", project, "-n", "2", "--json").document
    assert [one["item"] for one in told["made"]] == [304, 305]
    assert len({parent for one in told["made"] for parent in one["parents"]}) == 4
    assert told["folder"] == str(project / "synthesised")
    told = fewclicks("status", project)
    assert "6, none answered yet" in told.out
    assert fewclicks("status", project, "--json").document["n_items"] == 300


def test_readable_share(fewclicks, digits_project):
    from fewclicks.project import Project
    from fewclicks.records import Reply

    assert fewclicks("simulate", digits_project, "--budget", "60").code == 0
    assert fewclicks("synthesise", digits_project, "-n", "3").code == 0
    with Project.open(digits_project) as project:
        project.answer("ana", Reply("class", "7"), item=300)
        project.answer("ana", Reply("unsure"), item=301)
    told = fewclicks("status", digits_project)
    assert "3; of 2 answered, people could name 1 (50.0%)" in told.out


def test_before_any_class_is_known(fewclicks, digits_project):
    told = fewclicks("synthesise", digits_project)
    assert told.code == 2
    assert "items of two classes" in told.err
