"""An issuer of identity tokens on a real port, as Skyclock is one: discovery, keys, tokens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm


class Issuer:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        self.private: dict[str, tuple[str, Any]] = {}
        self.documents["/.well-known/openid-configuration"] = {
            "issuer": self.url, "jwks_uri": f"{self.url}/keys",
        }  # fmt: skip
        self.documents["/keys"] = {"keys": []}

    def new_key(self, id: str, algorithm: str = "RS256", *, publish: bool = True) -> None:
        if algorithm == "RS256":
            key: Any = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        else:
            key = ec.generate_private_key(ec.SECP256R1())
            public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self.private[id] = (algorithm, key)
        if publish:
            self.documents["/keys"]["keys"].append({**public, "kid": id, "use": "sig"})

    def token(
        self, *, key: str = "one", header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """`ago` and `seconds` say when it was issued and how long it lives."""
        algorithm, private = self.private[key]
        issued = int(time.time()) - claims.pop("ago", 0)
        every = {
            "iss": self.url, "sub": "skyclock:connection:1", "aud": "sky",
            "iat": issued, "exp": issued + claims.pop("seconds", 600), **claims,
        }  # fmt: skip
        given = {name: value for name, value in every.items() if value is not None}
        return jwt.encode(given, private, algorithm, headers={"kid": key, **(header or {})})


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """With one RSA key, "one"."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            found = issuer.documents.get(self.path)
            body = json.dumps(found).encode() if not isinstance(found, bytes) else found
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(server.server_port)
    issuer.new_key("one")
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield issuer
    server.shutdown()
    server.server_close()
    thread.join()
