"""Connects again and again with the TLS session of the time before, as a browser does.

    resume.py ADDRESS PORT CA COUNT      prints how many of the reconnects resumed
"""
import socket
import ssl
import sys

HOST = "login.corp.example"


def main(address, port, ca, count):
    context = ssl.create_default_context(cafile=ca)
    session, resumed = None, 0
    for number in range(int(count) + 1):
        with socket.create_connection((address, int(port)), timeout=10) as tcp:
            with context.wrap_socket(tcp, server_hostname=HOST, session=session) as tls:
                resumed += tls.session_reused
                tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % HOST.encode())
                while tls.recv(4096):
                    pass
                # With TLS 1.3 the ticket has come with the answer.
                session = tls.session
    print(resumed)


main(*sys.argv[1:])
