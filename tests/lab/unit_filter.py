"""Runs a program under what a unit of systemd lets the kernel allow, whose groups systemd-analyze knows.

    unit_filter.py UNIT PROGRAM [ARGUMENT...]

SystemCallFilter=, RestrictAddressFamilies= and MemoryDenyWriteExecute= hold as systemd.exec(5) says, but for one
thing: a call that the filter does not allow ends the program, in place of failing.
"""

import errno
import os
import socket
import subprocess
import sys

import seccomp
from seccomp import ALLOW, EQ, ERRNO, KILL_PROCESS, MASKED_EQ, Arg, SyscallFilter

PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000


def settings(unit, name):
    with open(unit) as lines:
        pairs = (line.strip().split("=", 1) for line in lines if "=" in line)
        return [value for key, value in pairs if key == name]


def calls(words):
    """All calls of groups (@name) and of calls by their names."""
    found, left = set(), list(words)
    while left:
        word = left.pop()
        if not word.startswith("@"):
            found.add(word)
            continue
        told = subprocess.run(
            ["systemd-analyze", "syscall-filter", word], check=True, capture_output=True
        )
        members = told.stdout.decode().splitlines()[1:]
        left += [name.strip() for name in members if not name.strip().startswith("#")]
    return found - {""}


def system_calls(unit):
    allowed = set()
    for value in settings(unit, "SystemCallFilter"):
        if value.startswith("~"):
            allowed -= calls(value[1:].split())
        else:
            allowed |= calls(value.split())
    assert allowed, "the unit has no filter"
    program = SyscallFilter(KILL_PROCESS)
    for name in sorted(allowed):
        try:
            number = seccomp.resolve_syscall(seccomp.Arch(), name)
        except ValueError:
            continue
        if number >= 0:
            program.add_rule(ALLOW, name)
    program.load()


def arguments(unit):
    program = SyscallFilter(ALLOW)
    (families,) = settings(unit, "RestrictAddressFamilies")
    families = {int(getattr(socket, name)) for name in families.split()}
    for family in set(range(46)) - families:
        program.add_rule(ERRNO(errno.EAFNOSUPPORT), "socket", Arg(0, EQ, family))
    assert settings(unit, "MemoryDenyWriteExecute") == ["yes"]
    both = PROT_WRITE | PROT_EXEC
    program.add_rule(ERRNO(errno.EPERM), "mmap", Arg(2, MASKED_EQ, both, both))
    for name in ["mprotect", "pkey_mprotect"]:
        program.add_rule(ERRNO(errno.EPERM), name, Arg(2, MASKED_EQ, PROT_EXEC, PROT_EXEC))
    program.add_rule(ERRNO(errno.EPERM), "shmat", Arg(2, MASKED_EQ, SHM_EXEC, SHM_EXEC))
    program.load()


arguments(sys.argv[1])
system_calls(sys.argv[1])
os.execvp(sys.argv[2], sys.argv[2:])
