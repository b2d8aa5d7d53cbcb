#!/usr/bin/env bash
# Deletes a stack. Its tables and the key that they are encrypted with stay, unless --data is said.
#
#   infra/delete.sh --stage NAME [--data] [--yes]
# shellcheck disable=SC2154 # `aws.py` says what is assigned
set -euo pipefail
cd "$(dirname "$0")/.."

die() { printf 'infra/delete.sh: %s\n' "$*" >&2; exit 2; }

stage='' data=no ask=yes
while [ $# -gt 0 ]; do
    case $1 in
        --stage) [ $# -ge 2 ] || die "--stage needs a name"; stage=$2; shift ;;
        --data) data=yes ;;
        --yes) ask=no ;;
        --help | -h) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "$1 is not an option; there are --stage NAME, --data and --yes" ;;
    esac
    shift
done
[ -n "$stage" ] || die "--stage is missing: which stack?"
[ -x .tools/deploy/bin/sam ] || die "the tools are missing; infra/deploy.sh --stage $stage --help says how to deploy"
export PATH="$PWD/.tools/deploy/bin:$PATH" SAM_CLI_TELEMETRY=0

stack=quickstep-$stage
found=$(python infra/aws.py facts "$stack")
eval "$found"
what="the stack $stack of account $account in $region"
[ "$data" = no ] || what="$what AND EVERYTHING THAT IS STORED: all chats, people and tokens"
if [ "$ask" = yes ]; then
    [ -t 0 ] || die "this deletes $what; --yes says that it is meant"
    read -r -p "This deletes $what. The stage's name again to go on: " answer
    [ "$answer" = "$stage" ] || die "nothing was deleted"
fi

[ "$state" = absent ] || sam delete --stack-name "$stack" --region "$region" --no-prompts
if [ "$data" = yes ]; then
    python infra/aws.py remove-data "$stack"
else
    printf 'The tables %s-chats and %s-directory and their key are kept; --data removes them as well.\n' "$stack" "$stack"
fi
