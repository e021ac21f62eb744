#!/usr/bin/env python3
"""Asks a real kube-apiserver about our cases and writes `answers.json`.

    python3 tests/oracles/apiserver/run.py [--check]

Needs Go (to build the server from its module, once, some ten minutes), etcd (Debian's
`etcd-server` will do) and kubectl. The server is built into the cache, listens on loopback and
is stopped at the end. Each case is sent with

    kubectl create --dry-run=server --validate=strict -f -

so the answer is that of the decoder, of admission and of validation together; nothing is stored.
`create` and not `apply`, because `apply` refuses `generateName`, which Jobs use.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
from cases import CASES  # noqa: E402

VERSION = "v1.36.2"
PORT = 16443


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "plimsoll", "apiserver", VERSION)


def server():
    """The server's program, built if it is not there."""
    binary = os.path.join(cache(), "kube-apiserver")
    if not os.path.exists(binary):
        os.makedirs(cache(), exist_ok=True)
        major, minor, _ = VERSION.lstrip("v").split(".")
        names = {"gitVersion": VERSION, "gitMajor": major, "gitMinor": minor}
        flags = " ".join(f"-X k8s.io/component-base/version.{k}={v}" for k, v in names.items())
        subprocess.run(
            ["go", "build", "-ldflags", f"-s -w {flags}", "-o", binary,
             "k8s.io/kubernetes/cmd/kube-apiserver"],
            cwd=os.path.join(HERE, "server"), check=True,
        )
    return binary


class Cluster:
    """etcd and the API server on loopback, in a folder of their own."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="plimsoll-apiserver-")
        self.running = []
        at = self.path
        subprocess.run(["openssl", "genrsa", "-out", at("sa.key"), "2048"], check=True,
                       capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", at("sa.key"), "-pubout", "-out", at("sa.pub")],
                       check=True, capture_output=True)
        with open(at("tokens.csv"), "w", encoding="utf-8") as out:
            out.write('admintoken,admin,u1,"system:masters"\n')
        etcd = "http://127.0.0.1:12379"
        peer = "http://127.0.0.1:12380"
        self.start("etcd", "--data-dir", at("etcd"), "--listen-client-urls", etcd,
                   "--advertise-client-urls", etcd, "--listen-peer-urls", peer,
                   "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
                   "--unsafe-no-fsync")
        self.start(server(), f"--etcd-servers={etcd}", "--bind-address=127.0.0.1",
                   "--advertise-address=127.0.0.1", f"--secure-port={PORT}",
                   f"--cert-dir={at('pki')}",
                   "--service-account-issuer=https://kubernetes.default.svc",
                   f"--service-account-key-file={at('sa.pub')}",
                   f"--service-account-signing-key-file={at('sa.key')}",
                   "--service-cluster-ip-range=10.0.0.0/24", "--authorization-mode=RBAC",
                   f"--token-auth-file={at('tokens.csv')}", "--allow-privileged=true",
                   "--endpoint-reconciler-type=none",
                   # No controller makes the accounts and classes that these look for.
                   "--disable-admission-plugins=ServiceAccount,Priority")
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "a",
            "clusters": [{"name": "a", "cluster": {"server": f"https://127.0.0.1:{PORT}",
                                                   "insecure-skip-tls-verify": True}}],
            "users": [{"name": "a", "user": {"token": "admintoken"}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        }
        with open(at("config"), "w", encoding="utf-8") as out:
            json.dump(config, out)
        for _ in range(120):
            ready = self.kubectl("get", "namespace", "default")
            if ready.returncode == 0:
                return self
            time.sleep(1)
        raise SystemExit("the API server did not become ready; see " + self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *command):
        name = os.path.basename(command[0])
        with open(self.path(name + ".log"), "w", encoding="utf-8") as log:
            self.running.append(subprocess.Popen(command, stdout=log, stderr=log))

    def kubectl(self, *words, text=None):
        return subprocess.run(["kubectl", "--kubeconfig", self.path("config"), *words],
                              input=text, capture_output=True, text=True, check=False)

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answer(self, manifest):
        done = self.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-",
                            text=manifest)
        lines = done.stderr.strip().splitlines()
        warnings = [line[len("Warning: "):] for line in lines if line.startswith("Warning: ")]
        errors = [line for line in lines if not line.startswith("Warning: ")]
        return {
            "verdict": "accepted" if done.returncode == 0 else "refused",
            "warnings": warnings,
            "error": re.sub(r"\s+", " ", " ".join(errors)).strip(),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="fail if an answer changed")
    args = parser.parse_args()
    with Cluster() as cluster, ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda case: cluster.answer(case[1]), CASES))
    document = {
        "server": VERSION,
        "cases": [
            {"name": name, "manifest": manifest, **answer}
            for (name, manifest), answer in zip(CASES, answers)
        ],
    }
    new = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    path = os.path.join(HERE, "answers.json")
    if args.check:
        with open(path, encoding="utf-8") as old:
            if old.read() != new:
                raise SystemExit("the server's answers differ from answers.json")
        print(f"{len(CASES)} answers are as recorded")
        return
    with open(path, "w", encoding="utf-8") as out:
        out.write(new)
    refused = sum(answer["verdict"] == "refused" for answer in answers)
    print(f"{len(CASES)} cases, {refused} refused")


if __name__ == "__main__":
    main()
