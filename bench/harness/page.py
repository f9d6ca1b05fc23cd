"""A page as a browser downloads it: the document, and what it names."""

import re
import urllib.request

STYLES = re.compile(r'<link[^>]+href="([^"]+\.css[^"]*)"')
SCRIPTS = re.compile(r'(?:href|src|import\()="?\'?(/[^"\'\s>)]+\.(?:js|wasm)[^"\'\s>)]*)')


class Page:
    """`document`, `styles` and `islands` are bytes over the wire, compressed as the server does for a browser."""

    def __init__(self, server, path):
        self.server = server
        self.text = self.read(path, "identity").decode()
        self.document = len(self.read(path))
        self.styles = self.named(STYLES)
        self.islands = self.named(SCRIPTS)
        self.wasm = self.named(SCRIPTS, ".wasm")

    def style_paths(self):
        return sorted(set(STYLES.findall(self.text)))

    def named(self, pattern, kind=""):
        return sum(len(self.read(path)) for path in set(pattern.findall(self.text)) if kind in path)

    def read(self, path, encoding="br"):
        headers = {"authorization": f"Bearer {self.server.token}", "accept": "text/html,*/*", "accept-encoding": encoding}
        request = urllib.request.Request(f"http://{self.server.address}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
