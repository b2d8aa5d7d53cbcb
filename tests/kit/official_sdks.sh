#!/usr/bin/env bash
# Drives the rehearsal model with the providers' own clients, in .tools/sdks.
set -euo pipefail
cd "$(dirname "$0")/../.."
infra/tools.sh sdks
cargo build --quiet -p kit --example rehearsal
.tools/sdks/bin/python tests/kit/official_sdks.py "$@"
