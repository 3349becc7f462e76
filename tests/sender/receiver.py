#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""receiver.py FOLDER [CERT KEY]: a web server that fails on purpose, on a port of its own, which FOLDER/port then has.

What is posted to it goes to FOLDER/got, a line of JSON each: path, headers, body, answer. How /NAME answers stands in
FOLDER/NAME, words of which each is for one request and the last for all that follow: 200, 404, 500, 429:SECONDS,
429@SECONDS (as a date), hang, slow, drip, cut, close, reset, garbage, flood.
"""
import email.utils
import http.server
import json
import os
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time

folder = sys.argv[1]
lock = threading.Lock()
used = {}


def mode_of(name):
    with lock:
        try:
            words = open(os.path.join(folder, name)).read().split()
        except OSError:
            words = ["200"]
        at = used.get(name, 0)
        used[name] = at + 1
        return words[min(at, len(words) - 1)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        mode = mode_of(self.path.strip("/"))
        with lock, open(os.path.join(folder, "got"), "a") as out:
            out.write(json.dumps({"path": self.path, "headers": dict(self.headers), "body": body.decode(),
                                  "mode": mode, "time": time.monotonic()}) + "\n")
        if mode == "hang":
            time.sleep(30)
            self.close_connection = True
            return
        if mode == "close":
            self.close_connection = True
            return
        if mode == "slow":
            time.sleep(1)
        if mode == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if mode == "garbage":
            self.wfile.write(b"\x00\xff\x1b[31mthis is no HTTP\r\n\r\n")
            self.close_connection = True
            return
        if mode in ("drip", "flood"):
            self.close_connection = True
            try:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if mode == "flood" else b""))
                while True:
                    self.wfile.write(b"x" * 65536 if mode == "flood" else b"X-Slow: x\r\n")
                    if mode == "drip":
                        time.sleep(0.2)
            except OSError:
                return
        if mode == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True
            return
        code, _, date = mode.partition("@")
        code, _, after = code.partition(":")
        if date:
            after = email.utils.formatdate(time.time() + int(date), usegmt=True)
        self.send_response(int(code) if code.isdigit() else 200)
        if after:
            self.send_header("Retry-After", after)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(folder, "port.new"), "w") as f:
    f.write(str(server.server_port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
