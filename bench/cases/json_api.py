"""JSON API

An order of 20 items in JSON is checked, priced and answered in JSON: the work of many small services. In Rust (the guest json-api)
on Peko and wasmtime serve; the same in JavaScript as a script.
"""

import json

from rig import peers
from rig.load import Load
from rig.method import Contestant

ITEMS = [{"sku": f"article-{number:04}", "quantity": number % 7 + 1, "price_cents": 199 + 37 * number} for number in range(20)]


def run(bench):
    body = bench.folder() / "order.json"
    body.write_text(json.dumps({"customer": "Ada Lovelace", "items": ITEMS}))
    net = sum(item["quantity"] * item["price_cents"] for item in ITEMS)
    lines = [{"sku": item["sku"], "quantity": item["quantity"], "total_cents": item["quantity"] * item["price_cents"]} for item in ITEMS]
    expected = {"customer": "Ada Lovelace", "lines": lines, "net_cents": net, "tax_cents": net * 19 // 100,
                "total_cents": net + net * 19 // 100}
    api = peers.component("json-api")
    script = peers.SCRIPTS / "json_worker.mjs"
    fresh = "an instance for each request"
    contestants = [
        Contestant("peko, Rust", lambda: peers.peko(peers.Store(bench.folder()).drop("json-api"), "json-api"), subject=True),
        Contestant("peko, script", lambda: peers.peko(
            peers.Store(bench.folder()).deploy_script(script, "orders"), "orders"), subject=True),
        Contestant("wasmtime serve, Rust", lambda: peers.wasmtime(api)),
        Contestant("workerd, script", lambda: peers.workerd(bench.folder(), script)),
        Contestant("Node.js, script", lambda: peers.node("fetch.mjs", script)),
        Contestant("Spin, Rust", lambda: peers.spin(bench.folder(), api), note=fresh),
        Contestant("wasmCloud, Rust", lambda: peers.wasmcloud(bench.folder(), api), note=fresh),
    ]
    size = len(json.dumps(expected, separators=(",", ":")))  # of each right answer, in whatever order its lines are
    load = Load(method="POST", body=body, fields=("content-type: application/json",), expect_bytes=size, connections=32)
    about = f"{body.stat().st_size:,} bytes in, {size:,} out, 32 connections."
    return bench.compare(contestants, load, about, absent=[("nginx", "it computes nothing")])
