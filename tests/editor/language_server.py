"""A client of yaml-language-server, without an editor: JSON-RPC over its standard input and output."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MODULES = Path(os.environ.get("MLSPEC_EDITOR", ROOT / ".venv" / "editor")) / "node_modules"
SERVER = MODULES / "yaml-language-server" / "bin" / "yaml-language-server"
CONFIGURATION: dict[str, Any] = {
    "yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
}


def missing() -> str:
    """Why there is no server to ask; empty where there is one."""
    if shutil.which("node") is None:
        return "node is not installed: the editor's language server runs on it"
    return "" if SERVER.exists() else "yaml-language-server is not installed: make editor"


class LanguageServer:
    """Requests and their answers; what the server asks meanwhile is answered, what it tells is kept."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.last = 0
        self.told: dict[str, list[dict[str, Any]]] = {}

    def ask(self, method: str, parameters: dict[str, Any]) -> Any:
        self.last += 1
        self._send({"id": self.last, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self.last and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def tell(self, method: str, parameters: dict[str, Any]) -> None:
        self._send({"method": method, "params": parameters})

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """What is wrong with the document, as soon as the server says so."""
        while uri not in self.told:
            self._receive()
        return self.told[uri]

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout
        length = 0
        while (line := self.process.stdout.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        self._answer(message)
        return message

    def _answer(self, message: dict[str, Any]) -> None:
        method = message.get("method", "")
        if method == "textDocument/publishDiagnostics":
            self.told[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and method == "workspace/configuration":
            wanted = [CONFIGURATION.get(item.get("section", ""), {}) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": wanted})
        elif "id" in message and method:
            self._send({"id": message["id"], "result": None})


@contextmanager
def language_server(folder: Path) -> Iterator[LanguageServer]:
    """A server at work in `folder`."""
    command = ["node", str(SERVER), "--stdio"]
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        server = LanguageServer(process)
        text = {"hover": {"contentFormat": ["markdown"]}, "completion": {"completionItem": {"snippetSupport": True}}}
        able = {"textDocument": text, "workspace": {"configuration": True}}
        server.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": able})
        server.tell("initialized", {})
        server.tell("workspace/didChangeConfiguration", {"settings": CONFIGURATION})
        yield server
    finally:
        process.kill()
        process.communicate()
