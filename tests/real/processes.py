"""Processes on free loopback ports: started, waited for, and ended whatever happens."""

import atexit
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

_running = []


def free_port():
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A program that listens on a port; its output goes to a file, shown when it fails."""

    def __init__(self, name, command, port, log, environment=None):
        self.name, self.command, self.port, self.log = name, command, port, Path(log)
        self.environment = environment
        self.child = None

    def start(self, seconds=30):
        """Starts it and waits until its port takes connections."""
        with open(self.log, "ab") as output:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.environment
            )
        _running.append(self)
        deadline = time.monotonic() + seconds
        while True:
            if self.child.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.child.returncode} before it listened:\n{self.tail()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} does not listen after {seconds} s:\n{self.tail()}") from None
                time.sleep(0.05)

    def kill(self):
        """Ends it at once, as a crash would."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            self.child = None
            _running.remove(self)

    def tail(self, lines=40):
        """The last lines it wrote, if it ever started."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@atexit.register
def kill_all():
    """Ends what still runs."""
    for process in list(_running):
        process.kill()


for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    # Through sys.exit, so that the above still happens.
    signal.signal(end, lambda number, _frame: sys.exit(128 + number))
