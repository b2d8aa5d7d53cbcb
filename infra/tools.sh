#!/usr/bin/env bash
# Makes .tools/NAME, a Python environment with what infra/requirements/NAME.txt lists, unless it is there.
#
#   infra/tools.sh NAME
set -euo pipefail
cd "$(dirname "$0")/.."

tools=.tools/$1 wanted=infra/requirements/$1.txt
cmp -s "$wanted" "$tools/ready" && exit 0
command -v python3 >/dev/null || { echo "python3 is needed for the tools in $wanted" >&2; exit 1; }
printf '\n== tools: %s\n' "$1"
rm -rf "$tools"
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check --retries 5 -r "$wanted"
cp "$wanted" "$tools/ready"
