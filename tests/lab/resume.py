"""Connects again and again with the TLS session of the time before, as a browser does.

    resume.py ADDRESS PORT CA     for each line COUNT of its input: connects so often, and prints how many
                                  of them resumed. The first connection of all begins the session.
"""
import socket
import ssl
import sys

HOST = "login.corp.example"


class Browser:
    def __init__(self, address, port, ca):
        self.address = (address, int(port))
        self.context = ssl.create_default_context(cafile=ca)
        self.session = None
        self.connect()

    def connect(self):
        with socket.create_connection(self.address, timeout=10) as tcp:
            with self.context.wrap_socket(tcp, server_hostname=HOST, session=self.session) as tls:
                resumed = tls.session_reused
                tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % HOST.encode())
                while tls.recv(4096):
                    pass
                # With TLS 1.3 the ticket has come with the answer.
                self.session = tls.session
                return resumed


browser = Browser(*sys.argv[1:])
for line in sys.stdin:
    print(sum(browser.connect() for _ in range(int(line))), flush=True)
