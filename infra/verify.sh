#!/usr/bin/env bash
# Deploys the real functions with the real template to `ministack`, an emulator of AWS that shares no code with this
# project, and drives what it gets with `tests/e2e`. Needs Rust and Python; everything else comes from PyPI into .tools.
#
#   infra/verify.sh [--keep] [FILTER]
#
# --keep leaves the stack running until Enter; FILTER is one of the tests' names.
# shellcheck disable=SC2154 # `aws.py` says what is assigned
set -euo pipefail
cd "$(dirname "$0")/.."

keep=no
[ "${1:-}" != --keep ] || { keep=yes; shift; }
case ${1:-} in
    --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/!s/^# \{0,1\}//p}' infra/verify.sh; exit 0 ;;
    -*) printf 'infra/verify.sh: %s is not an option; see --help\n' "$1" >&2; exit 2 ;;
esac
step() { printf '\n== %s\n' "$*"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

infra/tools.sh verify

scratch=$(mktemp -d)
running=()
end() {
    [ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null || true
    wait
    rm -rf "$scratch"
}
trap end EXIT
trap 'exit 130' INT TERM

step "emulator"
port=$(free_port)
address=127.0.0.1:$port
# A clean environment: the functions inherit it. Their own endpoint is the emulator's.
env -i PATH="$PATH" HOME="$scratch" BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" AWS_ENDPOINT_URL="http://$address" \
    SERVICES=apigateway,cloudformation,cloudwatch,dynamodb,events,iam,kms,lambda,logs,s3,sns,sqs,sts \
    "$PWD/.tools/verify/bin/ministack" >"$scratch/ministack.log" 2>&1 &
running+=($!)
for _ in $(seq 100); do
    ! curl --silent --fail --max-time 1 "http://$address/_ministack/health" >/dev/null || break
    sleep 0.2
done
curl --silent --fail --max-time 1 "http://$address/_ministack/health" >/dev/null ||
    { cat "$scratch/ministack.log"; exit 1; }
export AWS_ENDPOINT_URL="http://$address" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
unset AWS_PROFILE AWS_SESSION_TOKEN ANTHROPIC_API_KEY OPENAI_API_KEY

step "rehearsal model"
cargo build --quiet --workspace --example rehearsal
mkfifo "$scratch/until"
target/debug/examples/rehearsal <"$scratch/until" >"$scratch/rehearsal" &
running+=($!)
exec 3>"$scratch/until"
for _ in $(seq 50); do [ ! -s "$scratch/rehearsal" ] || break; sleep 0.1; done

infra/deploy.sh --stage verify --yes --host-architecture --ceiling 40 \
    --parameter "EmulatorAddress=$address" --parameter "RehearsalUrl=$(cat "$scratch/rehearsal")/v1" \
    --parameter "CertificateBundle=$(python3 -c 'import ssl; print(ssl.get_default_verify_paths().openssl_cafile)')" \
    </dev/null | tee "$scratch/deploy.log"
said() { sed -n "s/^$1  *//p" "$scratch/deploy.log"; }
export QUICKSTEP_URL QUICKSTEP_SOCKET_URL QUICKSTEP_TOKEN QUICKSTEP_EMULATOR=ministack
QUICKSTEP_URL=$(said HTTP) QUICKSTEP_SOCKET_URL=$(said socket) QUICKSTEP_TOKEN=$(said token)

# ministack hands a number that comes from a parameter on as text, and its poller then fails to compare it. CloudFormation
# converts: "the parameter value is validated as a number, and used as a string or number as the property needs"
# (AWS CloudFormation User Guide, Parameters syntax, Type).
.tools/verify/bin/python - <<'PYTHON'
import boto3

functions = boto3.client("lambda")
for source in functions.list_event_source_mappings()["EventSourceMappings"]:
    limit = int(source["ScalingConfig"]["MaximumConcurrency"])
    functions.update_event_source_mapping(UUID=source["UUID"], ScalingConfig={"MaximumConcurrency": limit})
PYTHON

step "tests"
# A few at a time: an invocation takes ministack fifty milliseconds of one process.
cargo test --quiet --workspace --test stack -- --test-threads 4 "$@" || { tail -50 "$scratch/ministack.log"; exit 1; }

step "a killed step"
# By itself: the turns of all other tests would be late.
cat >"$scratch/kill-steps" <<'SH'
killed=1
for process in /proc/[0-9]*; do
    if grep -qsz "^AWS_LAMBDA_FUNCTION_NAME=quickstep-verify-step$" "$process/environ" &&
        grep -qsz "^AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL$" "$process/environ"; then
        kill -9 "${process#/proc/}" && killed=0
    fi
done
exit $killed
SH
QUICKSTEP_KILL_STEPS="sh $scratch/kill-steps" \
    cargo test --quiet --workspace --test stack killed -- --nocapture || { tail -50 "$scratch/ministack.log"; exit 1; }

if [ "$keep" = yes ]; then
    printf '\n%s\n%s\n%s\nEnter ends it. ' "$QUICKSTEP_URL" "$QUICKSTEP_SOCKET_URL" "$QUICKSTEP_TOKEN"
    read -r
fi

step "deployments that cannot be, and the end of this one"
refused() {
    local sentence=$1 status=0
    shift
    "$@" </dev/null >"$scratch/refused" 2>&1 || status=$?
    [ $status -ne 2 ] || ! grep -F -- "$sentence" "$scratch/refused" || return 0
    cat "$scratch/refused"
    echo "not refused with: $sentence"
    exit 1
}
refused "the account may run" infra/deploy.sh --stage other --yes --no-build --ceiling 4000
refused "--yes says that it is meant" infra/delete.sh --stage verify
infra/delete.sh --stage verify --yes
refused "are left of an earlier quickstep-verify" infra/deploy.sh --stage verify --yes --no-build
infra/delete.sh --stage verify --yes --data
found=$(.tools/deploy/bin/python infra/aws.py facts quickstep-verify)
eval "$found"
if [ "$state" != absent ] || [ -n "$left_tables" ]; then
    echo "left: $state $left_tables"
    exit 1
fi
