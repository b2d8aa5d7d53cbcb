#!/usr/bin/env bash
# Builds the functions, deploys the stack to the AWS account whose credentials are set, migrates what is stored,
# and says where everything is. `infra/deploy.sh --help` lists the options.
# shellcheck disable=SC2154 # `aws.py` says what is assigned
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'HELP'
Deploys Quickstep to the AWS account and region whose credentials are set.

usage: infra/deploy.sh [options]

What is not said by an option is asked for on a terminal, with what is said here in brackets; without a terminal, or with
--yes, it is taken. At a later deploy of the same stage, what is not said stays as it is; the alarm e-mail, the domain, its
certificate and zone are taken away with the word none.

  --stage NAME             which stack: quickstep-NAME                                            [dev]
  --ceiling N              most steps at once, all queues together, set aside for them; 0 sets none
                           aside and stops at the account's limit                                  [400]
  --queues 1|2|4|8         queues that wakes are spread over                                       [4]
  --retention DAYS         how long logs are kept                                                  [30]
  --alarm-email ADDRESS    who is told of alarms                                                   [nobody]
  --domain NAME            a domain of your own; sockets get socket.NAME                           [API Gateway's]
  --certificate ARN        the ACM certificate for both names, in the same region
  --zone ID                the Route 53 zone to enter the names in
  --parameter NAME=VALUE   any other parameter of infra/template.yaml; may be repeated. NAME=@FILE takes what FILE holds:
                           JSON (WorkspaceTemplates), or what nobody should see among the processes (GitHubToken)
  --new-token              make a new first administrator's token; the old one ends
  --host-architecture      build for this machine's processor and not for arm64
  --no-build               deploy what target/lambda holds
  --yes                    ask nothing
  --help                   this text

ANTHROPIC_API_KEY and OPENAI_API_KEY are handed to the stack when they are set. Tools come from PyPI into .tools.
HELP
}

die() { printf 'infra/deploy.sh: %s\n' "$*" >&2; exit 2; }
step() { printf '\n== %s\n' "$*"; }

stage='' ceiling='' queues='' retention='' email='' domain='' certificate='' zone=''
new_token=no architecture=arm64 build=yes ask=yes
declare -A parameters=()
while [ $# -gt 0 ]; do
    case $1 in
        --stage | --ceiling | --queues | --retention | --alarm-email | --domain | --certificate | --zone | --parameter)
            [ $# -ge 2 ] || die "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --stage) stage=$2; shift ;;
        --ceiling) ceiling=$2; shift ;;
        --queues) queues=$2; shift ;;
        --retention) retention=$2; shift ;;
        --alarm-email) email=$2; shift ;;
        --domain) domain=$2; shift ;;
        --certificate) certificate=$2; shift ;;
        --zone) zone=$2; shift ;;
        --parameter)
            [[ $2 == ?*=* ]] || die "parameter \"$2\": must be NAME=VALUE or NAME=@FILE"
            parameters[${2%%=*}]=${2#*=}
            if [[ ${2#*=} == @* ]]; then
                [ -r "${2#*=@}" ] || die "parameter ${2%%=*}: there is no file ${2#*=@} to read"
                parameters[${2%%=*}]=$(<"${2#*=@}")
            fi
            shift ;;
        --new-token) new_token=yes ;;
        --host-architecture) architecture=$(uname -m | sed 's/aarch64/arm64/') ;;
        --no-build) build=no ;;
        --yes) ask=no ;;
        --help | -h) usage; exit 0 ;;
        *) die "$1 is not an option; see --help" ;;
    esac
    shift
done
[ -t 0 ] || ask=no

# Refuses what cannot be, before anything is built or created.
validate() {
    [[ $stage =~ ^[a-z][a-z0-9-]{0,19}$ ]] ||
        die "stage \"$stage\": begin with a letter; at most 20 lower-case letters, digits and hyphens"
    [[ $queues =~ ^(|1|2|4|8)$ ]] || die "queues \"$queues\": 1, 2, 4 or 8"
    [[ $ceiling =~ ^(|0|[1-9][0-9]{0,4})$ ]] || die "ceiling \"$ceiling\": a number of steps, such as 400, or 0"
    if [ "${ceiling:-0}" != 0 ]; then
        local of=${queues:-4}
        [ "$ceiling" -ge $((2 * of)) ] ||
            die "ceiling $ceiling: each of $of queues needs 2 at least, so $((2 * of)) or more (or fewer --queues)"
        [ "$ceiling" -le $((1000 * of)) ] ||
            die "ceiling $ceiling: one queue runs 1000 steps at most, so $((1000 * of)) or less"
    fi
    [[ $retention =~ ^(|1|3|5|7|14|30|60|90|180|365)$ ]] ||
        die "retention \"$retention\": CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 180 or 365 days"
    [[ $email =~ ^(|none|[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+)$ && $email != *[\"\\]* ]] ||
        die "alarm-email \"$email\": not an e-mail address"
    [[ $domain =~ ^(|none|([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})$ ]] ||
        die "domain \"$domain\": a domain name in lower case, such as chat.example.com"
    [ -z "$certificate$zone" ] || [ -n "$domain" ] || die "certificate and zone: they belong to a --domain"
    [[ $certificate =~ ^(|arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+)$ ]] ||
        die "certificate \"$certificate\": the ARN of a certificate in ACM begins with arn:aws:acm:"
    [[ $zone =~ ^(|none|Z[A-Z0-9]+)$ ]] || die "zone \"$zone\": the id of a Route 53 zone begins with Z"
    local name
    for name in "${!parameters[@]}"; do
        [[ ${parameters[$name]} != *\\* ]] || die "parameter $name: backslashes cannot be passed"
        sed -n '/^Parameters:/,/^Rules:/p' infra/template.yaml | grep -xF "  $name:" >/dev/null ||
            die "parameter $name: infra/template.yaml has none of that name"
    done
}

# Asks for what no option says.
question() {
    local variable=$1 text=$2 default=$3 answer
    [ -z "${!variable}" ] || return 0
    [ "$ask" = yes ] || { printf -v "$variable" %s "$default"; return 0; }
    read -r -p "$text [${default:-none}]: " answer
    printf -v "$variable" %s "${answer:-$default}"
}

question stage "Stage (the stack is quickstep-<stage>)" dev
validate
stack=quickstep-$stage

infra/tools.sh deploy
export PATH="$PWD/.tools/deploy/bin:$PATH" SAM_CLI_TELEMETRY=0
aws() { python infra/aws.py "$@"; }

step "account"
found=$(aws facts "$stack") || die "AWS did not say what it has of $stack; are credentials and a region set?"
eval "$found"
printf 'account %s, region %s, stack %s (%s)\n' "$account" "$region" "$stack" "$state"
case $state in
    # Without a first change set that worked there is nothing yet.
    absent | REVIEW_IN_PROGRESS)
        [ -z "$left_tables" ] ||
            die "the tables $left_tables are left of an earlier $stack: choose another --stage, or remove them with infra/delete.sh --stage $stage --data"
        new_token=yes ;;
    *_IN_PROGRESS) die "$stack is being changed by somebody else ($state); wait until that is over" ;;
    ROLLBACK_COMPLETE) die "$stack could not be created ($state): remove what is left with infra/delete.sh --stage $stage --data" ;;
esac
question queues "Queues that wakes are spread over" "$deployed_queues"
question ceiling "Most steps at once (0: the account's limit)" "$deployed_ceiling"
question retention "Days that logs are kept" "$deployed_retention"
question email "E-mail address for alarms" "$deployed_email"
question domain "Domain of your own" "$deployed_domain"
[ "$email" != none ] || email=''
[ "$domain" != none ] || domain=''
if [ -n "$domain" ]; then
    question certificate "ARN of the certificate for $domain and socket.$domain" "$deployed_certificate"
    question zone "Route 53 zone to enter them in" "$deployed_zone"
    [ "$zone" != none ] || zone=''
    [ -n "$certificate" ] || die "domain $domain: needs --certificate, for it and for socket.$domain"
fi
validate

[ -z "$certificate" ] || [ "$(cut -d: -f4 <<<"$certificate")" = "$region" ] ||
    die "certificate $certificate: it must be of this deployment's region, $region"

# Lambda keeps 100 for all functions that nothing is set aside for, which include those that answer people.
if [ "$ceiling" = 0 ]; then
    each=200
elif [ "$ceiling" -gt "$spare" ]; then
    die "ceiling $ceiling: of the $concurrency functions that the account may run at once in $region, $spare can be set aside here; ask AWS for more, or use --ceiling $((spare >= 2 * queues ? spare : 0))"
else
    each=$((ceiling / queues))
fi

if [ "$build" = yes ]; then
    step "build for $architecture"
    flags=(--release)
    if [ "$architecture" = arm64 ]; then
        ! command -v rustup >/dev/null || rustup target add aarch64-unknown-linux-gnu
        flags+=(--arm64)
    else
        # The host's own compiler: nothing to cross.
        flags+=(--compiler cargo)
    fi
    for function in functions/*/; do flags+=(-p "$(basename "$function")"); done
    cargo lambda build "${flags[@]}"
fi

# What is given by --parameter goes before what follows from the other options.
set_parameter() { [ -n "${parameters[$1]+given}" ] || parameters[$1]=$2; }
token=''
if [ "$new_token" = yes ]; then
    token=qs_$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')
    parameters[AdminTokenHash]=$(printf %s "$token" | sha256sum | cut -d' ' -f1)
fi
set_parameter Architecture "$architecture"
set_parameter WakeQueues "$queues"
set_parameter StepConcurrency "$each"
set_parameter ReservedStepConcurrency "$ceiling"
set_parameter LogRetentionDays "$retention"
set_parameter AlarmEmail "$email"
set_parameter DomainName "$domain"
set_parameter CertificateArn "$certificate"
set_parameter HostedZoneId "$zone"
set_parameter SocketAccessLog "$socket_access_log"
[ -z "${ANTHROPIC_API_KEY:-}" ] || set_parameter AnthropicApiKey "$ANTHROPIC_API_KEY"
[ -z "${OPENAI_API_KEY:-}" ] || set_parameter OpenAiApiKey "$OPENAI_API_KEY"
validate

# What is secret goes by a file that nobody else can read, not by the process list.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 700 "$scratch"
for name in "${!parameters[@]}"; do
    printf '%s: "%s"\n' "$name" "${parameters[$name]//\"/\\\"}"
done >"$scratch/parameters.yaml"

step "deploy $stack"
sam deploy --template-file infra/template.yaml --stack-name "$stack" --region "$region" --resolve-s3 \
    --parameter-overrides "file://$scratch/parameters.yaml" --capabilities CAPABILITY_IAM --no-confirm-changeset \
    --no-fail-on-empty-changeset --no-progressbar

found=$(aws outputs "$stack")
eval "$found"
printf '\nHTTP    %s\nsocket  %s\n' "$http_url" "$socket_url"
[ -z "$http_target" ] || [ -n "$zone" ] ||
    printf 'Point %s at %s and socket.%s at %s.\n' "$domain" "$http_target" "$domain" "$socket_target"
# Before anything else can fail: nobody can say it again.
if [ -n "$token" ]; then
    printf 'token   %s\n\n' "$token"
    printf "The token is the first administrator's. It is shown this once and stored nowhere; --new-token makes another.\n"
else
    printf "\nThe administrator's token is the one that was shown last; --new-token makes another.\n"
fi

step "migrate"
aws migrate "$stack"

printf '\nQuickstep is deployed. Try:\n\n    export QUICKSTEP_URL=%s QUICKSTEP_SOCKET_URL=%s QUICKSTEP_TOKEN=…\n    cargo quickstep chat "hello"\n' "$http_url" "$socket_url"
