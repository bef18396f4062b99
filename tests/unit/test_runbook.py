"""README's section Operating agrees with the template and the code."""

from __future__ import annotations

import re

from tests.support.operations import ALARMS, ROOT, emitted, suffix

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    level = heading.partition(" ")[0]
    return re.split(rf"^#{{2,{len(level)}}} ", README.split(f"\n{heading}\n")[1], flags=re.MULTILINE)[0]


def test_readme_lists_every_metric_and_its_dimensions() -> None:
    listed: dict[str, tuple[str, ...]] = {}
    for row in section("### Metrics").splitlines():
        if row.startswith("| `"):
            names, dimensions = (re.findall(r"`(\w+)`", cell) for cell in row.split("|")[1:3])
            listed |= dict.fromkeys(names, ("service", *dimensions))
    assert listed == emitted()


def test_the_runbook_has_every_alarm_under_the_heading_that_its_description_names() -> None:
    described: dict[str, set[str]] = {}
    for alarm in ALARMS.values():
        heading = re.fullmatch(r".*\. Runbook: (.+)\.", alarm["AlarmDescription"].strip())
        assert heading, alarm["AlarmDescription"]
        described.setdefault(heading[1], set()).add(suffix(alarm))
    written: dict[str, set[str]] = {}
    for part in section("### Runbook").split("\n#### ")[1:]:
        heading_line, _, text = part.partition("\n")
        (alarms,) = re.findall(r"^Alarms?: (.+)$", text, re.MULTILINE)
        written[heading_line] = set(re.findall(r"`([\w-]+)`", alarms))
        for said in ("- **It means** ", "- **Users see** ", "- **Do** "):
            assert text.count(said) == 1, (heading_line, said)
    assert written == described


def test_the_runbooks_commands_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = set(re.findall(r"`make ([a-z-]+)", section("### Runbook") + section("### Alarms")))
    assert used
    assert used <= targets
