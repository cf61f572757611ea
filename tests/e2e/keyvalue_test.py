"""Key-value stores: every interface of a component, JavaScript's env.KV, restarts, kills, quotas, several nodes."""

import json
import os
import shutil
import sqlite3
import threading
import time
import unittest
import urllib.parse

from client import Broken
from harness import ROOT, Server, guest, main, store, temporary_folder, until

ESBUILD = ROOT / "js/node_modules/.bin"
MORE = '[keyvalue]\nstores = ["sessions"]\nquota_mb = 2\n'


def node(folder, data, *more, **options):
    return Server("serve", "--code", folder, "--data-dir", data, "--threads", "2", "--log", "json", *more, **options)


class Asking:
    """Calls of the guest `keyvalue`."""

    def call(self, path, body=b"", name="kv", **query):
        target = "/" + "/".join(urllib.parse.quote(part, safe="") for part in path)
        if query:
            target += "?" + urllib.parse.urlencode(query)
        return self.server.ask(name, target, method="POST" if body else "GET", body=body or None)

    def value(self, *path, body=b"", **query):
        answer = self.call(path, body, **query)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.body

    def error(self, *path, body=b"", **query):
        answer = self.call(path, body, **query)
        self.assertEqual(answer.status, 500)
        return answer.body.decode()


class Components(unittest.TestCase, Asking):
    @classmethod
    def setUpClass(cls):
        cls.folder = store({"kv": ("keyvalue", MORE), "other": ("keyvalue", "")})
        cls.data = temporary_folder() / "data"
        cls.server = node(cls.folder, cls.data)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_both_drafts_do_the_same_with_entries(self):
        for draft in ("draft", "draft2"):
            def do(*path, **more):
                return self.value(draft, "default", *path, **more)

            self.assertEqual(self.call((draft, "default", "get", f"{draft} a")).status, 404)
            self.assertEqual(do("exists", f"{draft} a"), b"false")
            value = bytes(range(256)) * 10
            do("set", f"{draft} a", body=value)
            self.assertEqual(do("get", f"{draft} a"), value)
            self.assertEqual(do("exists", f"{draft} a"), b"true")
            do("delete", f"{draft} a")
            self.assertEqual(self.call((draft, "default", "get", f"{draft} a")).status, 404)
            self.assertEqual(do("increment", f"{draft} n", delta=5), b"5")
            self.assertEqual(do("increment", f"{draft} n", delta=2), b"7")
            self.assertEqual(do("get", f"{draft} n"), b"7")
            do("set-many", body=f"{draft}1=x\n{draft}2=y".encode())
            self.assertEqual(do("get-many", keys=f"{draft}1,{draft}0,{draft}2"),
                             f"{draft}1=x\n-\n{draft}2=y\n".encode())
            do("delete-many", keys=f"{draft}1,{draft}2")
            self.assertEqual(do("get-many", keys=f"{draft}1,{draft}2"), b"-\n-\n")

    def test_the_second_draft_counts_down_too(self):
        self.assertEqual(self.value("draft2", "default", "increment", "down", delta=-3), b"-3")
        self.assertIn("-3", self.error("draft", "default", "increment", "down", delta=0))

    def test_lists_have_all_keys_over_several_pages(self):
        wanted = {f"{n:04}" for n in range(2345)}
        for at in range(0, 2345, 500):
            batch = "\n".join(f"{n:04}=x" for n in range(at, min(at + 500, 2345)))
            self.value("draft2", "sessions", "set-many", body=batch.encode())
        for draft in ("draft", "draft2"):
            keys = self.value(draft, "sessions", "list").decode().split()
            self.assertEqual(len(keys), 2345)
            self.assertEqual(set(keys), wanted)

    def test_a_swap_fails_when_somebody_was_faster_and_can_be_tried_again(self):
        self.assertEqual(self.value("draft2", "default", "append", "swap", body=b"a"), b"1")
        self.assertEqual(self.value("draft2", "default", "append", "swap", body=b"b"), b"1")
        self.assertEqual(self.value("draft2", "default", "append", "swap", body=b"c", meddle="other"), b"2")
        self.assertEqual(self.value("draft2", "default", "get", "swap"), b"otherc")

    def test_increments_at_the_same_time_are_all_counted(self):
        def count():
            with self.server.connect() as connection:
                for _ in range(25):
                    connection.get("kv.localhost", "/draft2/default/increment/together")

        threads = [threading.Thread(target=count) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.value("draft2", "default", "get", "together"), b"200")

    def test_metadata_and_expiry_are_kept_beside_the_value(self):
        soon = int(time.time()) + 3
        self.value("peko", "default", "set", "p:1", body=b"v", metadata='{"a":1}', expires=soon)
        self.value("peko", "default", "set", "p:2", body=b"w")
        entry = self.call(("peko", "default", "get", "p:1"))
        self.assertEqual((entry["x-metadata"], entry["x-expires"]), ('{"a":1}', str(soon)))
        self.assertEqual(self.value("peko", "default", "list", "p:"), f'p:1 {{"a":1}} {soon}\np:2  0\n'.encode())
        self.assertEqual(self.value("draft", "default", "get", "p:1"), b"v")
        self.assertTrue(until(lambda: self.call(("draft2", "default", "get", "p:1")).status == 404, 10))
        self.assertEqual(self.value("peko", "default", "list", "p:"), b"p:2  0\n")

    def test_lists_by_prefix_come_in_pages(self):
        for n in range(5):
            self.value("peko", "default", "set", f"page:{n}", body=b"x")
        first = self.value("peko", "default", "list", "page:", limit=3).decode().split("\n")
        self.assertEqual([line.split()[0] for line in first[:3]], ["page:0", "page:1", "page:2"])
        cursor = first[3].split()[1]
        rest = self.value("peko", "default", "list", "page:", limit=3, cursor=cursor).decode()
        self.assertEqual([line.split()[0] for line in rest.splitlines()], ["page:3", "page:4"])
        self.assertIn("cursor", self.error("peko", "default", "list", "page:", cursor="???"))

    def test_a_function_has_its_own_stores_and_no_others(self):
        self.value("draft2", "default", "set", "mine", body=b"x")
        self.assertEqual(self.call(("draft2", "default", "get", "mine"), name="other").status, 404)
        self.assertEqual(self.value("peko", "", "stores"), b"default\nsessions\n")
        for draft in ("draft", "draft2", "peko"):
            for name in ("other", "../other/default", "Sessions", "", "sessions\0"):
                self.assertIn("NoSuchStore", self.error(draft, name, "get", "a"), name)
            self.assertIn("NoSuchStore", self.call((draft, "sessions", "get", "a"), name="other").body.decode())

    def test_what_is_too_large_is_an_error_of_the_guest(self):
        self.assertIn("512", self.error("draft2", "default", "set", "k" * 513, body=b"x"))
        self.assertIn("empty", self.error("draft2", "default", "get-many", keys=",a"))
        self.assertIn("1024", self.error("peko", "default", "set", "m", body=b"x", metadata="m" * 1025))

    def test_the_quota_is_told_with_the_key_that_raises_it(self):
        big = os.urandom(700_000)
        answers = [self.call(("draft2", "default", "set", f"quota{n}"), body=big) for n in range(5)]
        self.assertEqual([answer.status for answer in answers][:2], [200, 200])
        self.assertEqual(answers[4].status, 500)
        self.assertIn("quota_mb", answers[4].body.decode())
        line = self.server.wait_line(lambda text: "PEKO-KEYVALUE" in text and "2.0 MB" in text, 10)
        self.assertIsNotNone(line, self.server.tail())
        metrics = self.server.metrics()
        self.assertGreaterEqual(metrics['peko_keyvalue_errors_total{function="kv",code="overloaded"}'], 1)
        self.assertGreaterEqual(metrics['peko_keyvalue_operations_total{function="kv",operation="set"}'], 5)
        self.assertEqual(metrics['peko_keyvalue_quota_bytes{function="kv",store="default"}'], 2 << 20)
        self.assertGreater(metrics['peko_keyvalue_bytes{function="kv",store="default"}'], 2 * len(big))
        for n in range(5):
            self.value("draft2", "default", "delete", f"quota{n}")
        self.value("draft2", "default", "set", "quota", body=big)

    def test_a_request_has_a_thousand_operations(self):
        self.value("draft2", "default", "times", "k", n=1000)
        self.assertIn("more than 1000", self.error("draft2", "default", "times", "k", n=1001))
        self.value("draft2", "default", "times", "k", n=1000)

    def test_files_belong_to_the_node_alone(self):
        self.value("draft2", "default", "set", "x", body=b"x")
        for path in self.data.rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)


class Lifetimes(unittest.TestCase, Asking):
    def setUp(self):
        self.folder = store({"kv": ("keyvalue", MORE)})
        self.data = temporary_folder() / "data"

    def file(self):
        return self.data / "keyvalue/kv/default.sqlite"

    def test_entries_survive_a_restart(self):
        self.server = node(self.folder, self.data)
        self.value("draft2", "default", "set", "a", body=b"kept")
        self.server.stop()
        self.server = node(self.folder, self.data)
        self.assertEqual(self.value("draft2", "default", "get", "a"), b"kept")
        self.server.stop()

    def test_no_acknowledged_write_is_lost_when_the_node_is_killed(self):
        acknowledged = []
        for round in range(5):
            self.server = node(self.folder, self.data)
            begun = len(acknowledged)

            def write(writer, server=self.server, round=round):
                try:
                    with server.connect() as connection:
                        for n in range(10_000):
                            key = f"{round}-{writer}-{n}"
                            connection.request("POST", "kv.localhost", f"/draft2/default/set/{key}", body=key.encode() * 20)
                            if connection.read_response("POST").status != 200:
                                return
                            acknowledged.append(key)
                except (OSError, Broken):
                    return

            writers = [threading.Thread(target=write, args=(n,)) for n in range(6)]
            for writer in writers:
                writer.start()
            self.assertTrue(until(lambda: len(acknowledged) >= begun + 60 + 7 * round))
            self.server.kill()
            for writer in writers:
                writer.join()
        self.server = node(self.folder, self.data)
        kept = set(self.value("draft2", "default", "list").decode().split())
        self.assertGreaterEqual(len(acknowledged), 300)
        self.assertEqual([key for key in acknowledged if key not in kept], [])
        for key in acknowledged[:: max(1, len(acknowledged) // 50)]:
            self.assertEqual(self.value("draft2", "default", "get", key), key.encode() * 20)
        self.server.stop()
        with sqlite3.connect(self.file()) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_two_nodes_with_one_folder_take_turns(self):
        nodes = [node(self.folder, self.data), node(self.folder, self.data)]

        def count(server):
            with server.connect() as connection:
                for _ in range(40):
                    self.assertEqual(connection.get("kv.localhost", "/draft2/default/increment/n").status, 200)

        threads = [threading.Thread(target=count, args=(server,)) for server in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for self.server in nodes:
            self.assertEqual(self.value("draft2", "default", "get", "n"), b"80")
        for server in nodes:
            server.stop()

    def test_a_damaged_file_is_told_and_left_alone(self):
        self.file().parent.mkdir(parents=True)
        self.file().write_bytes(b"?" * 20_000)
        self.server = node(self.folder, self.data)
        self.assertIn("damaged", self.error("draft2", "default", "get", "a"))
        self.assertIsNotNone(self.server.wait_line(lambda line: str(self.file()) in line and "damaged" in line, 10))
        self.value("draft2", "sessions", "set", "a", body=b"others work")
        self.assertEqual(self.file().read_bytes(), b"?" * 20_000)
        self.file().rename(self.file().with_suffix(".damaged"))
        self.value("draft2", "default", "set", "a", body=b"anew")
        self.server.stop()

    def test_a_node_without_a_folder_says_so(self):
        self.server = Server("serve", "--code", self.folder, "--threads", "1", "--log", "json",
                             env={"PEKO_DATA_DIR": "", "HOME": "", "XDG_DATA_HOME": "", "STATE_DIRECTORY": ""})
        self.assertIn("data_dir", self.error("draft2", "default", "get", "a"))
        self.server.stop()

    def test_a_store_is_named_in_the_manifest_as_it_may_be_called(self):
        for line, wrong in {'stores = ["../x"]': "no name of a store", 'stores = ["KV"]': "every function has",
                            'stores = ["A", "A"]': "twice", "quota_mb = 0": "quota_mb"}.items():
            folder = temporary_folder()
            shutil.copyfile(guest("keyvalue"), folder / "a.wasm")
            (folder / "peko.toml").write_text(f'name = "a"\ncomponent = "a.wasm"\n[keyvalue]\n{line}\n')
            server = Server("dev", folder, ready=False)
            self.assertIsNotNone(server.wait_line(lambda text, wrong=wrong: wrong in text and "peko.toml:4" in text, 20),
                                 server.tail())
            server.kill()


APP = """\
import type { KVNamespace } from '@peko/types';

const text = async (request: Request) => new TextDecoder().decode(await request.arrayBuffer());

export default {
  async fetch(request: Request, env: { KV: KVNamespace; SESSIONS: KVNamespace }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const key = searchParams.get('key') ?? 'key';
    const options = JSON.parse(searchParams.get('options') ?? 'null') ?? undefined;
    switch (pathname) {
      case '/put': await env.KV.put(key, await request.arrayBuffer(), options); return new Response('');
      case '/get': return new Response(await env.KV.get(key), { status: (await env.KV.get(key)) === null ? 404 : 200 });
      case '/full': return Response.json(await env.KV.getWithMetadata(key));
      case '/delete': await env.KV.delete(key); return new Response('');
      case '/list': return Response.json(await env.KV.list(options));
      case '/types': {
        await env.KV.put('t', '{"n":1}', { metadata: [1, 'two'] });
        await env.KV.put('bytes', new Uint8Array([0, 1, 255]).subarray(1));
        await env.KV.put('stream', new Blob(['str', 'eam']).stream());
        const buffer = await env.KV.get('bytes', 'arrayBuffer');
        return Response.json({
          json: await env.KV.get('t', 'json'),
          bytes: [...new Uint8Array(buffer!)],
          isBuffer: buffer instanceof ArrayBuffer,
          stream: await new Response(await env.KV.get('stream', { type: 'stream' })).text(),
          many: [...(await env.KV.get(['t', 'none', 'stream']))],
          withMetadata: await env.KV.getWithMetadata('t', 'json'),
          none: await env.KV.getWithMetadata('none'),
        });
      }
      case '/wrong': {
        const message = (promise: Promise<unknown>) => promise.then(() => 'no error', (error) => `${error.name}: ${error.message}`);
        return Response.json([
          await message(env.KV.put('', 'x')),
          await message(env.KV.put('n', 1 as never)),
          await message(env.KV.get('t', 'xml' as never)),
          await message(env.KV.put('m', 'x', { metadata: 'm'.repeat(2000) })),
          await message(env.KV.put('e', 'x', { expirationTtl: -1 })),
          await message(env.KV.put('e', 'x', { expiration: 1e30 })),
          await message(env.KV.list({ cursor: '???' })),
        ]);
      }
      case '/apart': {
        await env.SESSIONS.put('only', 'here');
        return Response.json([await env.KV.get('only'), await env.SESSIONS.get('only')]);
      }
      case '/beside': {
        let ticks = 0;
        const timer = setInterval(() => ticks++, 1);
        await Promise.all(Array.from({ length: 50 }, (_, n) => env.KV.put(`beside${n}`, 'x')));
        for (let n = 0; ticks === 0 && n < 100; n++) await env.KV.put('beside', String(n));
        clearInterval(timer);
        return Response.json({ ticks, keys: (await env.KV.list({ prefix: 'beside' })).keys.length });
      }
      case '/throws': await env.KV.put('k'.repeat(600), 'x'); break;
      case '/names': return Response.json(Object.keys(env));
    }
    return new Response('', { status: 404 });
  },
};
"""


class Scripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        assert ESBUILD.is_dir(), "run js/build.sh first"
        cls.folder = temporary_folder() / "app"
        (cls.folder / "src").mkdir(parents=True)
        (cls.folder / "src/index.ts").write_text(APP)
        (cls.folder / "peko.toml").write_text('name = "app"\nscript = "src/index.ts"\n[env]\nNAME = "x"\n'
                                              '[keyvalue]\nstores = ["SESSIONS"]\n')
        cls.data = temporary_folder() / "data"
        cls.start()

    @classmethod
    def start(cls):
        cls.server = Server("dev", cls.folder, "--threads", "1", "--log", "json", "--data-dir", cls.data,
                            env={"PATH": f"{ESBUILD}{os.pathsep}{os.environ['PATH']}"})

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def ask(self, path, body=None, **query):
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        return self.server.ask("app", target, method="GET" if body is None else "POST", body=body)

    def json(self, path, **more):
        answer = self.ask(path, **more)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def test_puts_gets_deletes_and_keeps_over_a_restart(self):
        self.assertEqual(self.ask("/get", key="a").status, 404)
        self.assertEqual(self.ask("/put", b"value", key="a").status, 200)
        self.assertEqual(self.ask("/get", key="a").body, b"value")
        self.server.stop()
        self.start()
        self.assertEqual(self.ask("/get", key="a").body, b"value")
        self.ask("/delete", key="a")
        self.assertEqual(self.ask("/get", key="a").status, 404)

    def test_values_have_types_and_metadata(self):
        self.assertEqual(self.json("/types"), {
            "json": {"n": 1}, "bytes": [1, 255], "isBuffer": True, "stream": "stream",
            "many": [["t", '{"n":1}'], ["none", None], ["stream", "stream"]],
            "withMetadata": {"value": {"n": 1}, "metadata": [1, "two"], "cacheStatus": None},
            "none": {"value": None, "metadata": None, "cacheStatus": None}})

    def test_lists_with_prefix_limit_cursor_expiration_and_metadata(self):
        for n in range(5):
            self.ask("/put", b"x", key=f"l:{n}")
        later = int(time.time()) + 1000
        options = {"expiration": later, "expirationTtl": None, "metadata": {"a": 1}}
        self.ask("/put", b"x", key="l:5", options=json.dumps(options))
        first = self.json("/list", options=json.dumps({"prefix": "l:", "limit": 4}))
        self.assertEqual([key["name"] for key in first["keys"]], ["l:0", "l:1", "l:2", "l:3"])
        self.assertFalse(first["list_complete"])
        rest = self.json("/list", options=json.dumps({"prefix": "l:", "limit": 4, "cursor": first["cursor"]}))
        self.assertEqual(rest["keys"], [{"name": "l:4"}, {"name": "l:5", "expiration": later, "metadata": {"a": 1}}])
        self.assertTrue(rest["list_complete"])
        self.assertNotIn("cursor", rest)

    def test_entries_expire(self):
        self.ask("/put", b"x", key="soon", options='{"expirationTtl": 2}')
        self.assertEqual(self.ask("/get", key="soon").status, 200)
        self.assertTrue(until(lambda: self.ask("/get", key="soon").status == 404, 10))

    def test_stores_are_apart_and_named_in_env(self):
        self.assertEqual(self.json("/names"), ["NAME", "KV", "SESSIONS"])
        self.assertEqual(self.json("/apart"), [None, "here"])

    def test_mistakes_are_rejections_that_say_what_is_wrong(self):
        empty, number, kind, metadata, expiry, never, cursor = self.json("/wrong")
        self.assertEqual(empty, "Error: env.KV.put: a key is empty")
        self.assertIn("TypeError: env.KV.put: a value is", number)
        self.assertIn("TypeError: env.KV.get: the type is", kind)
        self.assertIn("1024", metadata)
        self.assertIn("TypeError: env.KV.put: an expiration", expiry)
        self.assertIn("TypeError: env.KV.put: an expiration", never)
        self.assertIn("cursor", cursor)

    def test_an_error_that_nobody_catches_is_answered_500_and_logged(self):
        answer = self.ask("/throws")
        self.assertEqual((answer.status, answer["peko-error"]), (500, "PEKO-EXCEPTION"))
        self.assertIsNotNone(self.server.wait_line(lambda line: "512" in line and "PEKO-KEYVALUE" in line, 10))

    def test_timers_go_on_while_an_operation_waits(self):
        beside = self.json("/beside")
        self.assertGreaterEqual(beside["ticks"], 1)
        self.assertGreaterEqual(beside["keys"], 50)


if __name__ == "__main__":
    main()
