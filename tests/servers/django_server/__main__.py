"""Start the server: python -m drf_server --port N --data FILE.json"""

import argparse
import os
import shutil
import signal
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(description="Worker API server")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port")
    parser.add_argument("--data", required=True, help="JSON file with servers, accounts, requests and tasks")
    args = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="drf-server-")

    def stop(*_):
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        serve(args, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def serve(args, folder):
    os.environ["WORKER_DB"] = os.path.join(folder, "worker.sqlite3")
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{__package__}.settings"

    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    application = get_wsgi_application()

    from . import seed, urls  # noqa: F401 (urls now, so that a bad switch or import shows at the start)
    from .variants import variant

    call_command("migrate", verbosity=0, interactive=False)
    seed.load(args.data)

    idle = {"channel_timeout": 2, "cleanup_interval": 1} if variant("idle-closed-soon") else {}
    server = create_server(application, host="127.0.0.1", port=args.port, threads=8, ident="",
                           connection_limit=500, **idle)
    print(f"listening on {server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    sys.exit(main())
