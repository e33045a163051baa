"""Sends CloudEvents to a gateway in each mode, is their destination too, and compares what arrives with what was sent.

Arguments: the gateway's URL, a key, and the port on which it listens as the destination.
"""

import json
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from cloudevents.core.bindings import http
from cloudevents.core.v1.event import CloudEvent

gateway, key, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
arrived = queue.Queue()


class Destination(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        arrived.put(http.HTTPMessage(headers={name.lower(): value for name, value in self.headers.items()}, body=body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", port), Destination)
threading.Thread(target=server.serve_forever, daemon=True).start()


def event(id, data={"amount": 12, "text": "5 € \"net\" 100%"}, **more):
    attributes = {"specversion": "1.0", "id": id, "source": "/tests/ü", "type": "com.example.order.made",
                  "subject": "größer \"als\" 100%", "datacontenttype": "application/json", **more}
    return CloudEvent(attributes=attributes, data=data)


def post(message, **headers):
    answer = requests.post(gateway + "/v1/events", data=message.body,
                           headers={**message.headers, "Authorization": "Bearer " + key, **headers}, timeout=30)
    return answer.status_code, answer.json()


def normalized(event):
    return event.get_attributes() | {"data": event.get_data()}


def expect(condition, words):
    if not condition:
        sys.exit(f"{words}")


def expect_arrival(*events):
    wanted = {event.get_id(): normalized(event) for event in events}
    for _ in events:
        got = normalized(http.from_http_event(arrived.get(timeout=60)))
        expect(got == wanted.pop(got["id"]), f"{got} is none of {[normalized(e) for e in events]}")


binary = event("binary", partitionkey="k")
status, body = post(http.to_binary_event(binary))
expect(status == 202, body)
expect_arrival(binary)
first = body["id"]
status, body = post(http.to_binary_event(binary))
expect(status == 202 and body["id"] == first, f"sent again it is another: {body}")

octets = CloudEvent(attributes=dict(specversion="1.0", id="octets", source="/tests", type="com.example.order.made",
                                    datacontenttype="application/octet-stream"), data=bytes(range(256)))
status, body = post(http.to_binary_event(octets))
expect(status == 202, body)
expect_arrival(octets)

for structured in event("structured"), CloudEvent(attributes=octets.get_attributes() | {"id": "base64"}, data=b"\0\xff"):
    status, body = post(http.to_structured_event(structured))
    expect(status == 202, body)
    expect_arrival(structured)

batch = [event(f"batch-{number}", {"number": number}) for number in range(20)]
items = [json.loads(http.to_structured_event(event).body) for event in batch]
message = http.HTTPMessage(headers={"content-type": "application/cloudevents-batch+json"},
                           body=json.dumps(items).encode())
status, body = post(message)
expect(status == 202 and [result["status"] for result in body["results"]] == [202] * 20, body)
expect_arrival(*batch)

del items[3]["source"]
items[4]["id"] = "new"
message = http.HTTPMessage(headers=message.headers, body=json.dumps(items[3:5]).encode())
status, body = post(message)
expect(status == 207 and [result["status"] for result in body["results"]] == [422, 202], body)
print("all events arrived as they were sent")
