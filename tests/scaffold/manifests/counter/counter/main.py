"""Counts visits in a store that speaks Redis' protocol."""

import http.server
import os
import signal
import socket


def ask(*words):
    """One command after the password; the last line of the answer."""
    commands = [["AUTH", os.environ["STORE_PASSWORD"]], list(words)]
    with socket.create_connection((os.environ["STORE_HOST"], int(os.environ["STORE_PORT"])), 2) as store:
        answers = store.makefile("rb")
        for command in commands:
            parts = b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in command)
            store.sendall(b"*%d\r\n%s" % (len(command), parts))
            answer = answers.readline().decode().strip()
            if answer.startswith("-"):
                raise OSError(answer)
    return answer.lstrip("+:")


class Counter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/healthz":
            return self.say(ask("PING"))
        return self.say(f"{os.environ['GREETING']} {ask('INCR', 'visits')}")

    def say(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def stop(*_):
    raise SystemExit(0)


signal.signal(signal.SIGTERM, stop)
http.server.ThreadingHTTPServer(("", 8080), Counter).serve_forever()
