"""localstripe on loopback: serve_billing.py PORT.

Its own command listens on every interface, and keeps its state in one fixed file, where a developer's own may be. The
program is the same: its application, with another listener and nothing written to disk.
"""

import sys

from aiohttp import web
from localstripe import resources, server

resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
