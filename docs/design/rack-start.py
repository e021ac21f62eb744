#!/usr/bin/env python3
"""Shows that `rackup` and `puma` start one and the same server where Puma is installed.

    apt-get install --no-install-recommends ruby puma ruby-rack ruby-sinatra    # Debian 12
    python3 docs/design/rack-start.py

An application of Sinatra with a `config.ru` is started by `rackup`, without a word more and with an
address, and by `puma`: each has to answer on the port that nothing in the tree says (Rack's and Puma's
habit, 9292), by the same server and with the same status, headers and body.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PORT = 9292
FILES = {
    "config.ru": "require './app'\nrun Sinatra::Application\n",
    "app.rb": "require 'sinatra'\nget('/') { \"served by #{env['SERVER_SOFTWARE'][/\\w+/]}\" }\n",
}
STARTS = [
    ["rackup"],
    ["rackup", "config.ru", "-o", "0.0.0.0", "-p", str(PORT)],
    ["puma"],
    ["puma", "-b", f"tcp://0.0.0.0:{PORT}"],
]


def answer():
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5) as said:
        headers = sorted(f"{name.lower()}: {value}" for name, value in said.headers.items())
        headers = [header for header in headers if not header.startswith("date:")]
        return said.status, headers, said.read().decode()


def served(command, folder):
    """What it answers, and where it says that it listens."""
    with open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            for _ in range(100):
                try:
                    found = answer()
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.1)
            else:
                log.seek(0)
                sys.exit(f"{' '.join(command)} does not answer on {PORT}:\n{log.read()}")
        finally:
            process.terminate()
            process.wait(20)
        log.seek(0)
        return found, set(re.findall(r"Listening on \S+:(\d+)", log.read()))


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        said = [served(command, folder) for command in STARTS]
    for command, (found, ports) in zip(STARTS, said):
        print(f"{' '.join(command)}: {found[0]}, `{found[2]}`, port {', '.join(sorted(ports))}")
    if any(one != said[0] for one in said) or "puma" not in said[0][0][2]:
        sys.exit("they are not the same")
    print("the same server with the same answer")


main()
