"""A service for the tests: it answers as its path says, and tells what it sees."""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if os.environ.get("BREAK") == "at once":
    sys.exit("cannot begin")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        trace = self.headers["X-Cloud-Trace-Context"].partition("/")[0]
        line = {
            "severity": "NOTICE",
            "message": "got it",
            "event": self.headers.get("ce-id", ""),
            "name": body.get("name", ""),
            "pid": os.getpid(),
            "logging.googleapis.com/trace": f"projects/p/traces/{trace}",
        }
        print(json.dumps(line), flush=True)
        print("plain words", file=sys.stderr, flush=True)
        if self.path == "/crash":
            os._exit(3)
        if self.path == "/slow":
            time.sleep(30)
        status = 500 if self.path == "/fail" else 200
        seen = {"environment": sorted(os.environ), "headers": dict(self.headers), "path": self.path}
        told = json.dumps(seen).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Nothing but what is told above."""


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
