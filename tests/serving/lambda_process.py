"""One Lambda function as AWS runs it: its folder under `awslambdaric`, in its own process, behind a Runtime API."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_WAIT = 60  # seconds until a function that does not answer fails its test


class RuntimeApi(ThreadingHTTPServer):
    """The two ends of the Runtime API: events wait in `events`, answers arrive in `answers`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.events: queue.Queue[bytes | None] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.asked = threading.Semaphore(0)


class _Exchange(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence: the function's log is what matters."""

    def do_GET(self) -> None:
        self.server.asked.release()
        body = self.server.events.get()
        if body is not None:
            self._reply(body, {"Lambda-Runtime-Aws-Request-Id": "request-1", "Lambda-Runtime-Deadline-Ms": "9" * 13})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.put((self.path.rpartition("/")[2], json.loads(body)))
        self._reply(b"{}", {})

    def _reply(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for key, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)


class LambdaProcess:
    """A running function; `invoke` gives how it ended (response or error) and with what, `stop` gives its log."""

    def __init__(self, folder: Path, handler: str, environ: Mapping[str, str]) -> None:
        self._api = RuntimeApi()
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        platform = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(folder),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_VERSION": "7",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "LAMBDA_TASK_ROOT": str(folder),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", handler],
            cwd=folder,
            env={**platform, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def invoke(self, event: Any) -> tuple[str, Any]:
        """Send one event, and wait for what becomes of it."""
        assert self._api.asked.acquire(timeout=_WAIT)
        self._api.events.put(json.dumps(event).encode())
        return self._api.answers.get(timeout=_WAIT)

    def stop(self) -> tuple[int, list[str]]:
        """Ask it to end while it waits for its next event; its exit status, and the lines of its log."""
        assert self._api.asked.acquire(timeout=_WAIT)
        self._process.terminate()
        log, _ = self._process.communicate(timeout=_WAIT)
        return self._process.returncode, log.splitlines()

    def kill(self) -> None:
        """End whatever still runs."""
        self._process.kill()
        self._process.communicate()
        self._api.events.put(None)
        self._api.shutdown()
        self._api.server_close()
