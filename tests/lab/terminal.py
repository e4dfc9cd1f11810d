"""Runs a command at a terminal of its own and answers its prompts.

terminal.py '[["prompt", "answer"], ...]' COMMAND...

Each prompt must appear after the one before it within the limit; a password is typed once the terminal
does not show what is typed, as people wait for the prompt. Writes all that was shown; the exit code
is the command's, or 1 when a prompt did not come.
"""

import json
import os
import pty
import select
import signal
import sys
import termios
import time

LIMIT = 30

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

shown = ""


def read(end):
    """More output; false at its end."""
    global shown
    ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
    if not ready:
        sys.stdout.write(shown)
        os.kill(child, signal.SIGKILL)
        sys.exit("nothing more came")
    try:
        more = os.read(terminal, 4096)
    except OSError:
        return False
    shown += more.decode(errors="replace")
    return bool(more)


seen = 0
for prompt, answer in answers:
    end = time.monotonic() + LIMIT
    while (at := shown.find(prompt, seen)) < 0:
        if not read(end):
            sys.stdout.write(shown)
            sys.exit(f"it ended before {prompt!r}")
    seen = at + len(prompt)
    hidden = prompt.startswith("Password")
    while hidden and termios.tcgetattr(terminal)[3] & termios.ECHO:
        if time.monotonic() > end:
            sys.exit(f"what is typed after {prompt!r} would be shown")
        time.sleep(0.01)
    os.write(terminal, (answer + "\n").encode())
end = time.monotonic() + LIMIT
while read(end):
    pass
_, status = os.waitpid(child, 0)
sys.stdout.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
