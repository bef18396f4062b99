"""Reviews by others' rules and reports: the template, and what runs in Lambda.

    python -m scripts.review template        # Checkov's rules for AWS resources; part of `make check`
    python -m scripts.review dependencies    # published vulnerabilities of the layer's packages: `make audit`

The first needs no network. The second asks the Python Package Index; where that cannot be asked, it says that
nothing was audited and succeeds, unless PLUMBLINE_REQUIRE_AUDIT=1 is set.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.environments import REVIEW, ROOT, ensure, stop

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUIREMENTS = ROOT / "layers" / "plumbline" / "requirements.txt"
# Vulnerabilities that do not concern Plumbline: each one's id, and why not.
ACCEPTED: Mapping[str, str] = {}
# What pip-audit names where it got no answer.
NO_ANSWER = ("ConnectionError", "ServiceError", "HTTPError", "Timeout", "Failed to connect", "Max retries")


@dataclass(frozen=True)
class Report:
    """What is published about pinned packages."""

    findings: tuple[str, ...]
    unknown: tuple[str, ...]
    """The packages that nothing could be learned of: they were not audited."""
    asked: int

    @classmethod
    def read(cls, document: Mapping[str, Any], accepted: Mapping[str, str]) -> Report:
        """From what pip-audit writes with ``--format json``, less the vulnerabilities that are accepted."""
        packages = document["dependencies"]
        findings = [
            f"{package['name']} {package['version']}: {one['id']}, {_mended(one['fix_versions'])}"
            for package in packages
            for one in package.get("vulns", ())
            if one["id"] not in accepted
        ]
        unknown = tuple(package["name"] for package in packages if "skip_reason" in package)
        return cls(tuple(findings), unknown, len(packages))


class NotAudited(Exception):
    """The service that knows the vulnerabilities could not be asked; the message says why."""


def main() -> int:
    """Review what the command line names; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m scripts.review")
    parser.add_argument("what", choices=["template", "dependencies"])
    what = parser.parse_args().what
    ensure(REVIEW)
    return template() if what == "template" else dependencies()


def template() -> int:
    """Hold the template to Checkov's rules; what is suppressed says why beside it."""
    command = [str(REVIEW.python), "-m", "checkov.main", "--file", str(ROOT / "template.yaml")]
    # Without --skip-download it asks a server for further rules first.
    command += ["--framework", "cloudformation", "--skip-download", "--compact", "--quiet"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def dependencies() -> int:
    """Look up what is published about the packages that run in Lambda."""
    try:
        return judge(ask())
    except NotAudited as problem:
        print(f"The layer's packages were not audited: {problem}", file=sys.stderr)
        if os.environ.get("PLUMBLINE_REQUIRE_AUDIT") == "1":
            stop("PLUMBLINE_REQUIRE_AUDIT=1 asks for an audit.")
        return 0


def judge(report: Report) -> int:
    """Say what was found; 1 where there is a vulnerability.

    Raises:
        NotAudited: of some package nothing could be learned, and the others have no vulnerability.
    """
    if report.findings:
        print("\n".join(report.findings), file=sys.stderr)
        print(f"Pin a version that mends it in {REQUIREMENTS.relative_to(ROOT)}.", file=sys.stderr)
        return 1
    if report.unknown:
        raise NotAudited(
            f"the package index says nothing about {len(report.unknown)} of {report.asked} packages "
            f"({', '.join(report.unknown[:3])}, …)"
        )
    print(f"{report.asked} packages run in Lambda, and no vulnerability of them is published.")
    return 0


def ask() -> Report:
    """Ask the package index about the layer's requirements.

    Raises:
        NotAudited: there was no answer.
    """
    command = [str(REVIEW.python), "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"]
    command += ["--progress-spinner", "off", "--timeout", "10", "--requirement", str(REQUIREMENTS)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.stdout.startswith("{"):
        return Report.read(json.loads(done.stdout), ACCEPTED)
    said = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
    if not any(word in done.stderr for word in NO_ANSWER):
        stop("\n".join([*said[-15:], "pip-audit failed."]))
    raise NotAudited(f"there was no answer ({said[-1]})")


def _mended(versions: list[str]) -> str:
    return f"mended in {', '.join(versions)}" if versions else "not mended yet"


if __name__ == "__main__":
    sys.exit(main())
