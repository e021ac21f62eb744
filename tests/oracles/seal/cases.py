"""Writes cases.json: the Secrets of the crate's tests as our binary seals them, and the key that
opens them. Each run has new keys, so that the file changes with every run."""

import json
import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).parent
data = here / "../../../crates/seal/tests/data"
binary = sys.argv[1] if len(sys.argv) > 1 else "plimsoll"
command = [binary, "secret", "seal", data / "secrets.yaml", "--cert", data / "cert.pem", "--format", "json"]
text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
decoder = json.JSONDecoder()
sealed = []
while text.strip():
    value, end = decoder.raw_decode(text.lstrip())
    sealed.append(value)
    text = text.lstrip()[end:]
cases = {"key": (data / "key.pem").read_text(), "sealed": sealed}
(here / "cases.json").write_text(json.dumps(cases, indent=2) + "\n")
