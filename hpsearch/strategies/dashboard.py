"""optuna-dashboard on a study's journal, as a process of its own that only reads.

    python -m hpsearch.strategies.dashboard studies cnn --port 8080

`optuna-dashboard journal.log` by itself would append notes and tags to the journal while a driver
writes it.
"""

import argparse
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.storages import JournalStorage

from hpsearch.store import find_study
from hpsearch.strategies.journal import Journal

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

REFUSAL = b'{"reason": "hpsearch shows this study read-only"}'


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests: output is shown only if the server fails."""


def read_only(application: Application) -> Application:
    """Return the application with every request refused that could change the study."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return application(environ, start)
        start("403 Forbidden", [("Content-Type", "application/json")])
        return [REFUSAL]

    return answer


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("studies")
    parser.add_argument("study")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    from optuna_dashboard import wsgi

    journal = Journal(find_study(given.studies, given.study), writable=False)
    application = read_only(wsgi(JournalStorage(journal)))
    make_server(given.host, given.port, application, _Server, _Quiet).serve_forever()


if __name__ == "__main__":
    main()
