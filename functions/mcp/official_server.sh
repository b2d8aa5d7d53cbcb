#!/usr/bin/env bash
# Has a local stack's chats call servers made with the protocol's Python SDK, in .tools/mcp, over both transports.
set -euo pipefail
cd "$(dirname "$0")/../.."
infra/tools.sh mcp
cargo build --quiet
.tools/mcp/bin/python functions/mcp/official_server.py target/debug/local
