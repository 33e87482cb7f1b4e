"""Records what the published inventory service of the 1.11 line answers to the requests of test/consumers/requests.json.

It starts a mongod and the published service, loads sample/ before each request, sends the requests over gRPC, and writes
test/consumers/answers.json: each JobInfo once, and the answers, in which a number stands for the JobInfo of that place.
CONTRIBUTING.md says how to run it.
"""

import argparse
import contextlib
import importlib.metadata
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import grpc
import pymongo
from bson import json_util
from google.protobuf import json_format
from spaceone.api.inventory.v1 import job_pb2, job_pb2_grpc

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONSUMERS = ROOT / "test/consumers"
PACKAGES = ("spaceone-inventory", "spaceone-core", "spaceone-api")
DATABASE = "inventory"
START_TIMEOUT_S = 60
CALL_TIMEOUT_S = 60
POLL_INTERVAL_S = 0.1

REQUESTS = {
    "get": job_pb2.GetJobRequest,
    "list": job_pb2.JobsQuery,
    "stat": job_pb2.JobStatQuery,
    "delete": job_pb2.JobRequest,
}


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def wait_for(port, process):
    """Waits until `port` takes connections. Errors: the process ended, or it takes too long."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(POLL_INTERVAL_S)
    sys.exit(f"{process.args[0]} takes no connections on port {port}")


@contextlib.contextmanager
def running(arguments, port, log):
    process = subprocess.Popen(arguments, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(port, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def documents(collection):
    lines = (ROOT / f"sample/{collection}.jsonl").read_text().splitlines()
    return [json_util.loads(line) for line in lines if line]


def reload(database, sample):
    """The published service writes into the jobs that it reads."""
    for collection, stored in sample.items():
        database[collection].delete_many({})
        database[collection].insert_many(stored)


def whole(value):
    """Numbers of a Struct are doubles; those without a fraction are written without one."""
    if isinstance(value, dict):
        return {name: whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def answer(stub, rpc, request):
    message = json_format.ParseDict(request, REQUESTS[rpc]())
    try:
        response = getattr(stub, rpc)(message, timeout=CALL_TIMEOUT_S)
    except grpc.RpcError as error:
        return {"error": {"status": error.code().name, "text": error.details()}}
    return {"response": whole(json_format.MessageToDict(response, preserving_proto_field_name=True))}


def record(stub, database, sample):
    for consumer in json.loads((CONSUMERS / "requests.json").read_text()):
        reload(database, sample)
        asked_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        found = answer(stub, consumer["rpc"], consumer["request"])
        yield {"name": consumer["name"], "rpc": consumer["rpc"], "asked_at": asked_at, **found}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def written(answers):
    """The text of the file, a JobInfo or an answer a line."""
    places = {}
    for each in answers:
        if each.pop("rpc") == "list" and "results" in each.get("response", {}):
            results = [compact(job) for job in each["response"]["results"]]
            each["response"]["results"] = [places.setdefault(job, len(places)) for job in results]
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    parts = compact(versions), ",\n".join(places), ",\n".join(map(compact, answers))
    return '{"recorded_with":%s,\n"jobs":[\n%s\n],\n"answers":[\n%s\n]}\n' % parts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mongod", required=True, help="the mongod to start")
    parser.add_argument("--output", type=pathlib.Path, default=CONSUMERS / "answers.json")
    options = parser.parse_args()
    sample = {name: documents(name) for name in ("collector", "job")}
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context((folder / "log").open("w"))
        mongod, service = free_port(), free_port()
        (folder / "db").mkdir()
        arguments = ["--bind_ip", "127.0.0.1", "--port", str(mongod), "--nounixsocket"]
        command = [options.mongod, *arguments, "--dbpath", str(folder / "db")]
        stack.enter_context(running(command, mongod, log))
        database = stack.enter_context(pymongo.MongoClient("127.0.0.1", mongod))[DATABASE]
        config = folder / "config.yaml"
        databases = {"default": {"db": DATABASE, "host": "127.0.0.1", "port": mongod}}
        config.write_text(json.dumps({"GLOBAL": {"DATABASES": databases, "HANDLERS": {}}}))
        spaceone = pathlib.Path(sys.executable).parent / "spaceone"
        command = [spaceone, "grpc", "-p", str(service), "-c", config, "spaceone.inventory"]
        stack.enter_context(running(command, service, log))
        channel = stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{service}"))
        answers = list(record(job_pb2_grpc.JobStub(channel), database, sample))
    options.output.write_text(written(answers))
    print(f"{len(answers)} answers in {options.output}")


if __name__ == "__main__":
    main()
