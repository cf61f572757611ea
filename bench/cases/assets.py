"""A static file

A file of 2 KB, answered before the function is asked. Beside it a function that answers the same bytes itself, so that both ways
through Peko can be compared.
"""

from rig import peers
from rig.load import Load
from rig.method import Contestant

PAGE = b"0123456789abcdef" * 128  # what the guest big answers, too
NGINX = """server { listen 127.0.0.1:PORT; root FOLDER/public; etag on;
    location / { add_header cache-control "public, max-age=0, must-revalidate"; } }"""


def run(bench):
    def public():
        folder = bench.folder()
        (folder / "public").mkdir()
        (folder / "public/index.html").write_bytes(PAGE)
        return folder

    def site():
        folder = public()
        (folder / "a.wasm").write_bytes(peers.component("hello-c").read_bytes())
        (folder / "peko.toml").write_text('name = "site"\ncomponent = "a.wasm"\nassets = "public"\n')
        return peers.Store(bench.folder()).deploy(folder, "site")

    def nginx():
        folder = public()
        return peers.nginx(folder, NGINX.replace("FOLDER", str(folder)))

    def workerd():
        folder = public()
        return peers.workerd_of(folder, [f'(name = "files", disk = "{folder}/public")'],
                                ['(name = "http", address = "127.0.0.1:{port}", http = (), service = "files")'])

    contestants = [
        Contestant("peko", lambda: peers.peko(site(), "site"), subject=True),
        Contestant("peko, a function's answer", lambda: peers.peko(
            peers.Store(bench.folder()).drop("big"), "big"), subject=True, load=Load(path=f"/{len(PAGE)}")),
        Contestant("nginx", nginx),
        Contestant("workerd, a disk service", workerd, load=Load(path="/index.html")),
    ]
    absent = [("wasmtime serve", "it serves a component and no files"), ("Node.js", "its library has no server of files")]
    return bench.compare(contestants, Load(), f"{len(PAGE)} bytes, 64 connections.", absent=absent)
