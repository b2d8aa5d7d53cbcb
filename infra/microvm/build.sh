#!/usr/bin/env bash
# Builds the agent and packs it with the Dockerfile; with a bucket and a role, has AWS make the image of it.
# `infra/microvm/build.sh --help` lists the options.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
    cat <<'HELP'
Makes the image of workspaces' machines, for AWS Lambda MicroVMs.

usage: infra/microvm/build.sh [options]

  --bucket NAME        a bucket of S3 in the region, for what the image is made from
  --role ARN           the role that AWS makes it by: it reads the bucket and writes logs
  --name NAME          what the image is called                                     [quickstep-workspace]
  --base ARN           the managed image that it is made on                         [the newest of Amazon Linux 2023]
  --memory MIB         memory of a machine                                          [2048]
  --dockerfile FILE    what else is in it                                           [infra/microvm/Dockerfile]
  --host               build the agent for this machine's processor, to look at the package
  --help               this text

Without --bucket and --role it stops at target/microvm/image.zip. With both it prints what to add to the deployment's
parameter WorkspaceTemplates. Tools come from PyPI into .tools.
HELP
}

die() { printf 'infra/microvm/build.sh: %s\n' "$*" >&2; exit 2; }
step() { printf '\n== %s\n' "$*"; }

bucket='' role='' name=quickstep-workspace base='' memory=2048 dockerfile=infra/microvm/Dockerfile
target=aarch64-unknown-linux-musl
while [ $# -gt 0 ]; do
    case $1 in
        --bucket | --role | --name | --base | --memory | --dockerfile) [ $# -ge 2 ] || die "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --bucket) bucket=$2; shift ;;
        --role) role=$2; shift ;;
        --name) name=$2; shift ;;
        --base) base=$2; shift ;;
        --memory) memory=$2; shift ;;
        --dockerfile) dockerfile=$2; shift ;;
        --host) target=$(uname -m)-unknown-linux-musl ;;
        --help) usage; exit 0 ;;
        *) die "$1 is no option; see --help" ;;
    esac
    shift
done
[ -f "$dockerfile" ] || die "there is no $dockerfile"
[[ $memory =~ ^[0-9]+$ ]] || die "memory \"$memory\": must be a number of MiB"
if [ -n "$bucket$role" ]; then
    [ -n "$bucket" ] && [ -n "$role" ] || die "--bucket and --role go together"
    [ "$target" = aarch64-unknown-linux-musl ] || die "--host is for looking only: the machines are arm64"
fi

infra/tools.sh deploy
export PATH="$PWD/.tools/deploy/bin:$PATH"

step "the agent, for $target"
! command -v rustup >/dev/null || rustup target add "$target"
# Zig links it, and has the C library: whatever the image holds, the agent needs nothing of it.
cargo lambda build --release --target "$target" -p workspace --bin quickstep-workspace
agent=target/lambda/quickstep-workspace/bootstrap

step "the package"
mkdir -p target/microvm
python infra/microvm/image.py pack "$agent" "$dockerfile" target/microvm/image.zip

[ -n "$bucket" ] || { printf 'No --bucket and --role: there is no image yet.\n'; exit 0; }

step "the image"
python infra/microvm/image.py make target/microvm/image.zip "$bucket" "$role" "$name" "$memory" "$base"
