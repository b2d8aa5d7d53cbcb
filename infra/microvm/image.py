"""What the image's build script does beyond building the agent.

usage: image.py pack AGENT DOCKERFILE PACKAGE
       image.py make PACKAGE BUCKET ROLE NAME MEMORY_MIB [BASE]
       image.py check

`check` holds what AWS is asked to the service's own model, without asking it.
"""

import hashlib
import json
import stat
import sys
import time
import zipfile

# The port of the agent's hooks, as the Dockerfile says it.
PORT = 9000
# ELF's number of a machine, by what an agent may be built for.
MACHINES = {62: "x86_64", 183: "arm64"}
# The kind of a program header that names an interpreter: the loader of shared libraries.
INTERPRETER = 3
# How long AWS may take.
PATIENCE_S = 45 * 60


def linked(agent):
    """Returns the processor that a program is for, and the loader that it needs, if any."""
    head = agent[:64]
    if head[:5] != b"\x7fELF\x02":
        raise SystemExit("the agent is no 64-bit ELF program")
    number = lambda at, size: int.from_bytes(agent[at : at + size], "little")
    machine, table, size, count = number(18, 2), number(32, 8), number(54, 2), number(56, 2)
    for entry in (table + size * index for index in range(count)):
        if number(entry, 4) == INTERPRETER:
            start, length = number(entry + 8, 8), number(entry + 32, 8)
            return MACHINES.get(machine, machine), agent[start : start + length].rstrip(b"\0").decode()
    return MACHINES.get(machine, machine), None


def pack(agent_path, dockerfile, package):
    with open(agent_path, "rb") as file:
        agent = file.read()
    processor, loader = linked(agent)
    if loader:
        raise SystemExit(f"the agent is not static: it needs {loader}")
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        with open(dockerfile, "rb") as file:
            add(archive, "Dockerfile", file.read(), 0o644)
        add(archive, "quickstep-workspace", agent, 0o755)
    print(f"{package}: a static agent for {processor}, {len(agent):,} bytes")


def add(archive, name, content, mode):
    """What is the same gives the same package, whenever it is made."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, (stat.S_IFREG | mode) << 16
    archive.writestr(info, content)


def hooks():
    """Every hook is told: the agent begins with `run`, and finds its socket dead after `resume`."""
    on = lambda names: {name: "ENABLED" for name in names}
    return {
        "port": PORT,
        "microvmImageHooks": on(["ready", "validate"]) | {"readyTimeoutInSeconds": 120, "validateTimeoutInSeconds": 30},
        "microvmHooks": on(["run", "resume", "suspend", "terminate"])
        | {
            "runTimeoutInSeconds": 5,
            "resumeTimeoutInSeconds": 5,
            "suspendTimeoutInSeconds": 5,
            "terminateTimeoutInSeconds": 10,
        },
    }


def order(key_uri, role, memory, base):
    return {
        "baseImageArn": base,
        "buildRoleArn": role,
        "codeArtifact": {"uri": key_uri},
        "description": "The machine of a Quickstep workspace.",
        "cpuConfigurations": [{"architecture": "ARM_64"}],
        "resources": [{"minimumMemoryInMiB": int(memory)}],
        "hooks": hooks(),
    }


def check():
    import boto3
    from botocore.validate import ParamValidator

    microvms = boto3.session.Session(region_name="us-east-1").client("lambda-microvms")
    arn = "arn:aws:lambda:us-east-1:123456789012:microvm-image:name"
    asked = order("s3://bucket/key", "arn:aws:iam::123456789012:role/role", "2048", arn)
    for operation, named in [("CreateMicrovmImage", {"name": "name"}), ("UpdateMicrovmImage", {"imageIdentifier": arn})]:
        shape = microvms.meta.service_model.operation_model(operation).input_shape
        report = ParamValidator().validate(asked | named, shape)
        if report.has_errors():
            raise SystemExit(f"{operation}: {report.generate_report()}")
        print(f"{operation}: as the model has it")


def managed(microvms):
    """Returns the newest managed image of Amazon Linux 2023."""
    found = microvms.list_managed_microvm_images()["items"]
    found = [image for image in found if "al2023" in image["imageArn"]]
    if not found:
        raise SystemExit("AWS has no managed image of Amazon Linux 2023 here; name one with --base")
    return max(found, key=lambda image: image["updatedAt"])["imageArn"]


def existing(microvms, arn):
    try:
        return microvms.get_microvm_image(imageIdentifier=arn)
    except microvms.exceptions.ResourceNotFoundException:
        return None


def make(package, bucket, role, name, memory, base=""):
    # Packing needs neither.
    import boto3

    session = boto3.session.Session()
    microvms = session.client("lambda-microvms")
    with open(package, "rb") as file:
        content = file.read()
    digest = hashlib.sha256(content).hexdigest()
    key = f"microvm/{name}-{digest[:16]}.zip"
    session.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
    request = order(f"s3://{bucket}/{key}", role, memory, base or managed(microvms))
    account, region = role.split(":")[4], session.region_name
    arn = f"arn:{session.get_partition_for_region(region)}:lambda:{region}:{account}:microvm-image:{name}"
    if existing(microvms, arn):
        made = microvms.update_microvm_image(imageIdentifier=arn, **request)
    else:
        made = microvms.create_microvm_image(name=name, **request)
    follow(microvms, made["imageArn"], made["imageVersion"])
    template = {
        "id": name,
        "name": name,
        "display_name": "MicroVM",
        "kind": "microvm",
        "image": made["imageArn"],
    }
    print("\nWorkspaceTemplates:\n" + json.dumps([template]))


def follow(microvms, arn, version):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = microvms.get_microvm_image_version(imageIdentifier=arn, imageVersion=version)
        print(f"version {version}: {found['state']}", flush=True)
        if found["state"] == "SUCCESSFUL":
            return
        if found["state"] not in ("PENDING", "IN_PROGRESS"):
            raise SystemExit(f"the image could not be made: {found.get('stateReason', found['state'])}")
        time.sleep(15)
    raise SystemExit(f"version {version} of {arn} is not there yet; look at it in the console")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pack", agent, dockerfile, package]:
            pack(agent, dockerfile, package)
        case ["check"]:
            check()
        case ["make", *words] if 5 <= len(words) <= 6:
            make(*words)
        case _:
            raise SystemExit(__doc__)
