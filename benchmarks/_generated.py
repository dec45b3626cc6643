"""The client that openapi-python-client makes of the API's description: made anew in a temporary folder, never kept.

The description is that of `ees serve`, which has the paths, members and lists of the one that the service makes of
itself (a test compares them).
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from _shared import installed

from eesclient.local.service import openapi

GENERATOR = "openapi-python-client==0.29.1"
PACKAGE = "generated_client"
"""What the made package is imported as."""


def generate(folder: Path) -> bool:
    """Have the client made, to be imported from this folder; false, and why is printed, where there is no generator."""
    try:
        programs = installed(folder / "venv", GENERATOR)
    except OSError as error:
        print(f"the generated client is left out: {error}")
        return False
    document, config = folder / "openapi.json", folder / "config.json"
    document.write_text(json.dumps(openapi()), "utf-8")
    # what it makes is formatted afterwards by default, which changes nothing that is run
    config.write_text(json.dumps({"package_name_override": PACKAGE, "post_hooks": []}), "utf-8")
    command = [programs / "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"]
    where = ["--path", document, "--config", config, "--output-path", folder / PACKAGE]
    made = subprocess.run([*command, *where], capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"{GENERATOR} does not make a client of the description:\n{made.stdout}{made.stderr}")
    return True


def with_path(folder: Path) -> dict[str, str]:
    """Variables of a process that can import what was made there."""
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
