"""Roundup on loopback: serve_support.py PORT TRACKER_HOME.

Its own server refuses to run as root, which build machines are; this is the other way it documents, as WSGI.
"""

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from roundup.cgi.wsgi_handler import RequestDispatcher


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Requests are not logged; errors are."""


make_server("127.0.0.1", int(sys.argv[1]), RequestDispatcher(sys.argv[2]), Server, Quiet).serve_forever()
