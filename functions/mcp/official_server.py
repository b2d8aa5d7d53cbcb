"""Has a local stack's chats call servers made with the protocol's Python SDK.

official_server.py STACK                    starts the stack, and two servers, and drives them
official_server.py serve TRANSPORT PORT     is such a server
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request


def serve(transport, port):
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("official")

    @server.tool()
    def add(a: int, b: int) -> str:
        """Adds two numbers."""
        return f"the sum is {a + b}"

    @server.tool()
    def fail() -> str:
        """Does not work."""
        raise ValueError("it did not work")

    server.run(transport=transport, host="127.0.0.1", port=port)


def until(what, look):
    for _ in range(300):
        found = look()
        if found:
            return found
        time.sleep(0.1)
    sys.exit(f"{what} did not happen")


class Stack:
    def __init__(self, said):
        self.url, self.token = said["http_url"], said["token"]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.loads(reply.read())

    def listed(self, slug):
        servers = self.ask("GET", "/mcp-servers")["servers"]
        found = next(server for server in servers if server["slug"] == slug)
        if found.get("failure"):
            sys.exit(f"{slug}: {found['failure']}")
        return [tool["offered_as"] for tool in found["tools"]]

    def results(self, chat):
        messages = self.ask("GET", f"/chats/{chat}/messages")["messages"]
        tools = [message for message in reversed(messages) if message["role"] == "tool"]
        return [(part["result"], part["is_error"]) for message in tools for part in message["content"]]

    def drive(self, slug, transport, url):
        body = {"slug": slug, "url": url, "transport": transport}
        made = self.ask("POST", "/mcp-servers", body)
        tools = until(f"{slug}: a list of tools", lambda: self.listed(slug))
        assert tools == [f"{slug}__add", f"{slug}__fail"], tools
        calls = [("add", {"a": 40, "b": 2}), ("fail", {}), ("add", {"a": "x"})]
        lines = [f"/call {slug}__{name} {json.dumps(args)}" for name, args in calls]
        said = [{"type": "text", "text": "\n".join([*lines, "/then", "/say done"])}]
        chat = self.ask("POST", "/chats", {"content": said, "mcp_server_ids": [made["id"]], "title": slug})["id"]
        rests = lambda: self.ask("GET", f"/chats/{chat}")["status"] == "waiting"
        until(f"{slug}: the end of the turn", rests)
        added, failed, wrong = self.results(chat)
        assert added == ("the sum is 42", False), added
        assert failed[1] and "fail" in failed[0]["error"], failed
        assert wrong[1], wrong
        print(f"{slug}: {added[0]}; {failed[0]['error']}")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def listens(port):
    with socket.socket() as asks:
        return asks.connect_ex(("127.0.0.1", port)) == 0


def main(program):
    started = []

    def start(command, **more):
        started.append(subprocess.Popen(command, **more))
        return started[-1]

    try:
        ports = {}
        for transport in ["streamable-http", "sse"]:
            ports[transport] = free_port()
            serving = [sys.executable, __file__, "serve", transport, str(ports[transport])]
            start(serving, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for transport, port in ports.items():
            until(f"{transport}: a server", lambda: listens(port))
        with tempfile.TemporaryDirectory() as data:
            running = start([program, "--data", data, "--port", "0", "--json"], stdout=subprocess.PIPE)
            stack = Stack(json.loads(running.stdout.readline()))
            stack.drive("http", "streamable_http", f"http://127.0.0.1:{ports['streamable-http']}/mcp")
            stack.drive("sse", "sse", f"http://127.0.0.1:{ports['sse']}/sse")
            running.terminate()
            running.wait(20)
    finally:
        for process in started:
            process.kill()


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
else:
    main(sys.argv[1])
