"""A registry on loopback that hands out images from a folder, and puts OCI archives into it.

The folder holds `blobs/DIGEST` and `tags/HOST/REPOSITORY/TAG` (a digest). Requests come from
BuildKit, which takes it for a mirror of the registries of the names and says in `ns=` which one is
meant.
"""

import hashlib
import http.server
import json
import os
import tarfile
import threading
import urllib.parse

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def split(name):
    """Host, repository and tag of an image's name, as Docker reads it."""
    rest, _, tag = name.rpartition(":")
    first, _, more = rest.partition("/")
    if not more or not ("." in first or ":" in first or first == "localhost"):
        host, repository = "docker.io", rest
        if "/" not in repository:
            repository = "library/" + repository
    else:
        host, repository = first, more
    return host, repository, tag


def put(folder, archive):
    """Keeps the one image of an OCI archive (a tar file); gives its digest."""
    os.makedirs(os.path.join(folder, "blobs"), exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.isfile() or not member.name.startswith("blobs/sha256/"):
                continue
            path = os.path.join(folder, "blobs", os.path.basename(member.name))
            if not os.path.exists(path):
                with open(path + ".part", "wb") as blob:
                    source = tar.extractfile(member)
                    while chunk := source.read(1 << 20):
                        blob.write(chunk)
                os.replace(path + ".part", path)
        index = json.load(tar.extractfile("index.json"))
    return index["manifests"][0]["digest"].removeprefix("sha256:")


def tag(folder, digest, name):
    """Makes an image available as `name`."""
    path = os.path.join(folder, "tags", *split(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(digest)


def serve(folder):
    """Serves the folder on a free port of loopback; gives the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_HEAD(self):
            self.answer(False)

        def do_GET(self):
            self.answer(True)

        def answer(self, with_body):
            url = urllib.parse.urlsplit(self.path)
            host = urllib.parse.parse_qs(url.query).get("ns", ["docker.io"])[0]
            parts = url.path.strip("/").split("/")
            if parts == ["v2"]:
                return self.send(b"{}", "application/json", with_body)
            if len(parts) < 4 or parts[-2] not in ("manifests", "blobs"):
                return self.send_error(404)
            repository, reference = "/".join(parts[1:-2]), parts[-1]
            if not reference.startswith("sha256:"):
                path = os.path.join(folder, "tags", host, repository, reference)
                if not os.path.isfile(path):
                    return self.send_error(404)
                with open(path, encoding="utf-8") as file:
                    reference = "sha256:" + file.read()
            path = os.path.join(folder, "blobs", os.path.basename(reference[7:]))
            if not os.path.isfile(path):
                return self.send_error(404)
            with open(path, "rb") as blob:
                body = blob.read()
            kind = "application/octet-stream"
            if parts[-2] == "manifests":
                kind = json.loads(body).get("mediaType", MANIFEST)
            return self.send(body, kind, with_body)

        def send(self, body, kind, with_body):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            digest = hashlib.sha256(body).hexdigest()
            self.send_header("Docker-Content-Digest", "sha256:" + digest)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
