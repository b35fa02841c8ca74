"""A store that speaks as much of S3 as reading from it takes: it lists a folder's files, and gives them in parts."""

import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@contextmanager
def store(root: Path, bucket: str) -> Iterator[str]:
    """The files below a folder as those of a bucket; the query that an address of one of them needs."""

    class Store(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._object(body=False)

        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(parts.query))
            if "list-type" in query:
                self._list(query.get("prefix", ""))
            else:
                self._object(body=True)

        def _object(self, body: bool) -> None:
            path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).removeprefix(f"/{bucket}").strip("/")
            file = root / path
            if not path or not file.is_file():
                self.send_error(200 if not path else 404)
                return
            content = file.read_bytes()
            first, last = 0, len(content) - 1
            if wanted := self.headers.get("Range"):
                first, last = map(int, wanted.removeprefix("bytes=").split("-"))
                last = min(last, len(content) - 1)
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(last + 1 - first))
            if wanted:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
            self.send_header("Last-Modified", formatdate(file.stat().st_mtime, usegmt=True))
            self.end_headers()
            if body:
                self.wfile.write(content[first : last + 1])

        def _list(self, prefix: str) -> None:
            keys = sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())
            keys = [key for key in keys if key.startswith(prefix)]
            contents = "".join(
                f"<Contents><Key>{key}</Key><LastModified>2026-11-26T10:00:00.000Z</LastModified><ETag>\"1\"</ETag>"
                f"<Size>{(root / key).stat().st_size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
                for key in keys)
            answer = (f'<?xml version="1.0"?><ListBucketResult xmlns="{NAMESPACE}"><Name>{bucket}</Name>'
                      f"<Prefix>{prefix}</Prefix><KeyCount>{len(keys)}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
                      f"{contents}</ListBucketResult>").encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"?scheme=http&endpoint_override=127.0.0.1:{server.server_port}&region=here"
        server.shutdown()
