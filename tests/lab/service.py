#!/usr/bin/env python3
"""A service manager's part, as systemd plays it: opens ports and passes them on (sd_listen_fds(3)),
runs one program, starts it again a second after it ended by itself, and restarts it when asked.

  service.py run STATE [--listen ADDRESS:PORT]... -- COMMAND...
  service.py restart STATE        returns when the new process has said that it is ready (sd_notify(3))

STATE/pid holds the program's pid, STATE/exits a line for each end: asked, or not, and the status.
"""
import ctypes
import os
import signal
import socket
import sys
import time

# As in deploy/systemd/ad-edge.service: after an end that nobody asked for.
RESTART_SECONDS = 1


def run(state, arguments):
    os.makedirs(state, exist_ok=True)
    split = arguments.index("--")
    addresses = [a for a in arguments[:split] if a != "--listen"]
    command = arguments[split + 1:]
    sockets = []
    for address in addresses:
        host, port = address.rsplit(":", 1)
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, int(port)))
        listener.listen(4096)
        sockets.append(listener)
    notify = os.path.join(state, "notify")
    if os.path.exists(notify):
        os.unlink(notify)
    notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notifications.bind(notify)
    def start():
        def prepare():
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            # Whatever ends this manager ends the program (PR_SET_PDEATHSIG).
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
            # From 3 on, in order, inherited; by way of high numbers, so that none overwrites another.
            high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
            for i, descriptor in enumerate(high):
                os.dup2(descriptor, 3 + i, inheritable=True)
            if sockets:
                os.environ["LISTEN_FDS"] = str(len(sockets))
                os.environ["LISTEN_PID"] = str(os.getpid())
            os.environ["NOTIFY_SOCKET"] = notify
            os.execvp(command[0], command)

        pid = os.fork()
        if pid == 0:
            try:
                prepare()
            finally:
                os._exit(127)
        with open(os.path.join(state, "pid.new"), "w") as file:
            file.write(str(pid))
        os.rename(os.path.join(state, "pid.new"), os.path.join(state, "pid"))
        return pid

    signals = {signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    notifications.setblocking(False)
    asked = None
    child = start()
    again = 0.0
    while True:
        received = signal.sigtimedwait(signals, 0.05)
        number = received.si_signo if received else None
        if number in (signal.SIGTERM, signal.SIGUSR1):
            asked = "stop" if number == signal.SIGTERM else asked or "restart"
            if child:
                os.kill(child, signal.SIGTERM)
        if child and has_said_ready(notifications):
            with open(os.path.join(state, "ready"), "w") as file:
                file.write(str(child))
        ended, status = os.waitpid(child, os.WNOHANG) if child else (0, 0)
        if ended:
            with open(os.path.join(state, "exits"), "a") as file:
                file.write(f"{'asked' if asked else 'unasked'} {os.waitstatus_to_exitcode(status)}\n")
            child = None
            again = time.monotonic() + (0 if asked else RESTART_SECONDS)
        if child is None and asked == "stop":
            return
        if child is None and time.monotonic() >= again:
            asked = None
            # What the last one said is not the next one's.
            has_said_ready(notifications)
            child = start()


def has_said_ready(notifications):
    ready = False
    while True:
        try:
            ready = b"READY=1" in notifications.recv(4096) or ready
        except BlockingIOError:
            return ready


def restart(state):
    def read(name):
        try:
            with open(os.path.join(state, name)) as file:
                return file.read()
        except FileNotFoundError:
            return ""

    before = read("pid")
    os.kill(int(read("manager")), signal.SIGUSR1)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if read("pid") not in ("", before) and read("ready") == read("pid"):
            return
        time.sleep(0.05)
    sys.exit("it was not ready again after 60 s")


if sys.argv[1] == "run":
    os.makedirs(sys.argv[2], exist_ok=True)
    with open(os.path.join(sys.argv[2], "manager"), "w") as file:
        file.write(str(os.getpid()))
    run(sys.argv[2], sys.argv[3:])
else:
    restart(sys.argv[2])
