"""Image resize

samples/image-resize: a photo of 1.7 megapixels inside the component is decoded, scaled to 400 pixels and encoded as JPEG:
the guest's own work, in WebAssembly. Node.js does it by sharp, in native code (libvips), as a yardstick.
"""

from rig import peers
from rig.load import Load
from rig.machine import ROOT
from rig.method import Contestant


def run(bench):
    resize = peers.component("image-resize")
    settings = "[limits]\nmemory_mb = 256\ncpu_ms = 5000\n"
    store, other = (peers.Store(bench.folder()).drop("image-resize", settings) for _ in range(2))
    photo = ROOT / "samples/image-resize/assets/photo.jpg"
    contestants = [
        Contestant("peko", lambda: peers.peko(store, "image-resize"), subject=True),
        Contestant("peko, one at a time", lambda: peers.peko(other, "image-resize", "--function-concurrency-max", 1), subject=True,
                   note="a request waits for the one before, and takes over its instance, as on wasmtime serve; so they take no turns"),
        Contestant("wasmtime serve", lambda: peers.wasmtime(resize)),
        Contestant("wasmtime serve, can be stopped", lambda: peers.wasmtime(resize, *peers.WASMTIME_STOPPABLE), note=peers.STOPPABLE_NOTE),
        Contestant("wasmtime serve, as Peko compiles", lambda: peers.wasmtime_as_peko(resize, bench.folder()),
                   note="code that can be stopped, for x86-64-v3 and not for the CPU at hand, so that one artifact serves all nodes"),
        Contestant("Node.js with sharp", lambda: peers.node("image.mjs", photo), work="sharp",
                   note="native code, not WebAssembly; it decodes the JPEG at half its size at once"),
    ]
    absent = [("workerd", "it has no codec of images; one in WebAssembly would be other work"),
              ("nginx", "its image filter is another codec (libgd) with other results")]
    load = Load(path="/?w=400&h=400&fit=cover", connections=2)
    return bench.compare(contestants, load, "2 connections.", absent=absent)
