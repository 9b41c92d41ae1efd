#!/usr/bin/env bash
# Installs workerkit from the folder of the action into an environment of its own.
#
# PYTHON is the Python to use. The project's own environment does not change.
set -euo pipefail

"$PYTHON" -m venv "$RUNNER_TEMP/workerkit"
if [ -d "$RUNNER_TEMP/workerkit/Scripts" ]; then bin="$RUNNER_TEMP/workerkit/Scripts"; else bin="$RUNNER_TEMP/workerkit/bin"; fi
"$bin/python" -m pip install --quiet --disable-pip-version-check "${GITHUB_ACTION_PATH}[contracts,tls]"
echo "WORKERKIT=$bin/workerkit" >> "$GITHUB_ENV"
