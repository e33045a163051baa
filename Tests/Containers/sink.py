"""A destination that prints the request's id and the SHA-256 of the body of each delivery."""

import hashlib
import http.server
import time


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        # In one write: threads print at the same time.
        line = f"{self.headers['Sluice-Request-Id']} {hashlib.sha256(body).hexdigest()}\n"
        print(line, end="", flush=True)
        # Long enough for a worker that is killed to have deliveries under way.
        time.sleep(0.5)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    # The default of 5 refuses workers that connect all at once.
    request_queue_size = 256


Server(("", 8000), Sink).serve_forever()
