"""Many clients at once: each sends one post, and waits for its answer."""

import collections
import select
import socket
import time

from . import load

# Posts a second: more would be a test of listen queues.
PACE = 4000

# Answers that are looked at in one go.
BATCH = 512


class Crowd:
    def __init__(self, port, where, number):
        self.port = port
        self.where = where
        self.number = number
        self.sockets = {}
        self.answers = collections.Counter()
        self.poll = select.epoll()
        self.started = time.monotonic()

    def age(self):
        """Seconds since the first post."""

        return time.monotonic() - self.started

    def connect(self):
        """All of them, before the first post: that starts the clock."""

        for _ in range(self.number):
            s = socket.create_connection(("127.0.0.1", self.port))
            self.sockets[s.fileno()] = s
            self.poll.register(s.fileno(), select.EPOLLIN)

    def send(self):
        run = load.new_run()
        self.started = time.monotonic()

        for n, s in enumerate(self.sockets.values()):
            body = ("public_token=public-sandbox-%08x-4bd1-8f2e-%012x"
                    "&account_id=BxBXxLj1m4HMXBm9WZZmCWVbPjX16EHwv99vp"
                    "&institution=ins_109508" % (run, n))
            s.sendall(("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: %d\r\n\r\n%s"
                       % (self.where, len(body), body)).encode())

            ahead = n / PACE - self.age()
            if ahead > 0.01:
                time.sleep(ahead)

    def answered(self):
        """Whether there is an answer by now; none is taken."""

        return bool(self.poll.poll(0, 1))

    def wait(self, seconds):
        """Counts the answers by status; -1 is none."""

        end = time.monotonic() + seconds

        while self.sockets and time.monotonic() < end:
            for fd, _ in self.poll.poll(0.2, BATCH):
                s = self.sockets.pop(fd)

                try:
                    head = s.recv(4096)
                except OSError:
                    head = b""

                self.poll.unregister(fd)
                s.close()

                status = head[9:12]
                self.answers[int(status) if status.isdigit() else -1] += 1

        self.answers[-1] += len(self.sockets)

        for s in self.sockets.values():
            s.close()

        self.sockets.clear()
        self.poll.close()

        return dict(self.answers)
