#!/usr/bin/env python3
"""A service manager's part, as systemd plays it: opens ports and passes them on (sd_listen_fds(3)),
runs one program, starts it again whenever it ends, and restarts it when asked.

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
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(notify)
    asked = {"stop": False, "restart": False}

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
    child = start()
    while True:
        received = signal.sigwait(signals)
        if received == signal.SIGTERM:
            asked["stop"] = True
            os.kill(child, signal.SIGTERM)
        elif received == signal.SIGUSR1:
            asked["restart"] = True
            os.kill(child, signal.SIGTERM)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended == 0:
            continue
        was_asked = asked["stop"] or asked["restart"]
        with open(os.path.join(state, "exits"), "a") as file:
            file.write(f"{'asked' if was_asked else 'unasked'} {os.waitstatus_to_exitcode(status)}\n")
        if asked["stop"]:
            return
        if not asked["restart"]:
            time.sleep(0.2)
        asked["restart"] = False
        told.setblocking(False)
        while True:
            try:
                told.recv(4096)
            except BlockingIOError:
                break
        child = start()
        told.settimeout(30)
        while b"READY=1" not in told.recv(4096):
            pass
        with open(os.path.join(state, "ready"), "w") as file:
            file.write(str(child))


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
