"""What the deploy scripts ask of AWS, beyond what `sam` does.

usage: aws.py facts STACK | outputs STACK | migrate STACK | remove-data STACK

`facts` and `outputs` print assignments for a shell.
"""

import json
import shlex
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

# A migration runs as long as a function may.
MIGRATING = Config(read_timeout=920, retries={"total_max_attempts": 1}, tcp_keepalive=True)
# Invocations that may fail one after the other; each goes on where the last one left off.
MIGRATION_FAILURES = 5
ANSWERING = Config(connect_timeout=10, read_timeout=30)


def client(service, config=ANSWERING):
    return boto3.client(service, config=config)


def assign(**values):
    for name, value in values.items():
        print(f"{name}={shlex.quote(str(value))}")


def described(stack):
    try:
        return client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def exists(table):
    dynamodb = client("dynamodb")
    try:
        dynamodb.describe_table(TableName=table)
        return True
    except dynamodb.exceptions.ResourceNotFoundException:
        return False


def tables(stack):
    return [f"{stack}-chats", f"{stack}-directory"]


def facts(stack):
    found = described(stack)
    parameters = {p["ParameterKey"]: p["ParameterValue"] for p in (found or {}).get("Parameters", [])}
    has_log_role = client("apigateway").get_account().get("cloudwatchRoleArn")
    limits = client("lambda").get_account_settings()["AccountLimit"]
    assign(
        account=client("sts").get_caller_identity()["Account"],
        region=boto3.session.Session().region_name,
        state=found["StackStatus"] if found else "absent",
        left_tables="" if found else " ".join(table for table in tables(stack) if exists(table)),
        concurrency=limits["ConcurrentExecutions"],
        # Lambda keeps 100 for functions that nothing is set aside for; what this stack has, it may have again.
        spare=limits["UnreservedConcurrentExecutions"] + int(parameters.get("ReservedStepConcurrency", 0)) - 100,
        deployed_queues=parameters.get("WakeQueues", 4),
        deployed_ceiling=parameters.get("ReservedStepConcurrency", 400),
        deployed_retention=parameters.get("LogRetentionDays", 30),
        deployed_email=parameters.get("AlarmEmail", ""),
        deployed_domain=parameters.get("DomainName", ""),
        deployed_certificate=parameters.get("CertificateArn", ""),
        deployed_zone=parameters.get("HostedZoneId", ""),
        # A stack that made the role goes on owning it.
        socket_access_log=parameters.get("SocketAccessLog") or ("account-role" if has_log_role else "new-role"),
    )


def outputs(stack):
    found = {o["OutputKey"]: o["OutputValue"] for o in described(stack).get("Outputs", [])}
    assign(
        http_url=found["HttpUrl"],
        socket_url=found["SocketUrl"],
        http_target=found.get("HttpDomainTarget", ""),
        socket_target=found.get("SocketDomainTarget", ""),
    )


def migrate(stack):
    """Invokes `migrate` until it says that it is done: one invocation may be too short for many items."""
    function = client("lambda", MIGRATING)
    failures = 0
    while True:
        try:
            answer = function.invoke(FunctionName=f"{stack}-migrate", Payload=b'{"dry_run": false}')
            said = json.loads(answer["Payload"].read())
            failure = said if answer.get("FunctionError") else None
        except (ConnectionError, HTTPClientError) as error:
            failure = error
        if failure:
            failures += 1
            print(f"an invocation failed: {failure}", file=sys.stderr, flush=True)
            if failures == MIGRATION_FAILURES:
                sys.exit("the migration is not done; deploying again goes on with it")
        else:
            print(json.dumps(said), flush=True)
            if said["done"]:
                return
        # Another run may have it; one that was killed keeps it for half a minute.
        time.sleep(1 if not failure else 10)


def remove_data(stack):
    """Removes what deleting the stack has left. The key ends in thirty days, until when it can be had back."""
    dynamodb = client("dynamodb")
    for table in filter(exists, tables(stack)):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=table)
        dynamodb.delete_table(TableName=table)
        print(f"removed the table {table}")
    kms = client("kms")
    for key in kept_keys(kms, stack):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)
        print(f"the key {key} ends in thirty days")


def kept_keys(kms, stack):
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if about["Description"] == f"What {stack} stores." and about["KeyState"] == "Enabled":
                yield key["KeyId"]


if __name__ == "__main__":
    verbs = {"facts": facts, "outputs": outputs, "migrate": migrate, "remove-data": remove_data}
    if len(sys.argv) != 3 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    try:
        verbs[sys.argv[1]](sys.argv[2])
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS: {error}")
