"""The compiler is confined, watched and never missed; a node goes on without its cache and says what the system lacks."""

import hashlib
import hmac
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

from harness import PEKO, SANITIZED, Server, environment, guest, main, run, store, temporary_folder, until

FLAGS = ("--log", "text", "--threads", "1")


def number(value):
    """An unsigned LEB128."""
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def section(kind, content):
    return bytes([kind]) + number(len(content)) + content


def slow_component(functions=120, additions=20_000):
    """A function that takes long to compile: hello, and in it a module of large functions that nothing uses."""
    body = b"\0\x20\0" + b"\x41\x07\x6a\x20\0\x73" * additions + b"\x0b"  # x = (x + 7) ^ x, again and again
    one = number(len(body)) + body
    module = (b"\0asm\x01\0\0\0" + section(1, b"\x01\x60\x01\x7f\x01\x7f") +
              section(3, number(functions) + b"\0" * functions) + section(10, number(functions) + one * functions))
    return guest("hello").read_bytes() + section(1, module)


def derived_key(key, purpose):
    """HKDF-SHA-256 (RFC 5869), no salt, one block."""
    extracted = hmac.new(b"\0" * 32, key, hashlib.sha256).digest()
    return hmac.new(extracted, purpose + b"\1", hashlib.sha256).digest()


def store_with_slow(functions):
    folder = store(functions)
    (folder / "functions" / "slow.wasm").write_bytes(slow_component())
    return folder


def workers_of(pid):
    """Children that compile."""
    found = []
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in children.read_text().split():
                if b"compile-worker" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(int(child))
        except OSError:
            pass  # a thread or child that has just ended
    return found


def status_of(pid, name):
    """A line of /proc/PID/status; nothing when the process is gone."""
    try:
        return re.search(rf"^{name}:\s*(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M).group(1)
    except OSError:
        return None


def gone(pid):
    return (status_of(pid, "State") or "Z").startswith("Z")


class Compiler(unittest.TestCase):
    """A node whose second function compiles for long."""

    @classmethod
    def setUpClass(cls):
        cls.store = store_with_slow({"hello": ""})

    def start(self, *flags, **options):
        """The server and the process that compiles `slow`."""
        server = Server("serve", "--code", self.store, *FLAGS, "--compile-at-once", "1", *flags, cache=temporary_folder(), ready=False,
                        **options)
        self.assertTrue(server.wait_line(lambda line: "function hello compiled" in line), server.tail())
        workers = until(lambda: workers_of(server.process.pid))
        self.assertTrue(workers, server.tail())
        return server, workers[0]

    def ends(self, server, message):
        """`slow` failed with this message, everything else serves."""
        server.wait_ready()
        self.assertTrue(server.wait_line(lambda line: "function slow failed" in line and message in line), server.tail())
        self.assertEqual(server.ask("hello").body, b"Hello, World!")
        response = server.ask("slow")
        self.assertEqual((response.status, response["peko-error"]), (500, "PEKO-BAD-COMPONENT"))
        self.assertEqual(workers_of(server.process.pid), [])
        server.stop()

    def test_a_killed_worker_costs_its_function_only(self):
        server, worker = self.start()
        os.kill(worker, signal.SIGKILL)
        self.ends(server, "the compiler was killed from outside (SIGKILL)")

    @unittest.skipIf(SANITIZED, "sanitizers need address space without bounds")
    def test_memory_is_bounded(self):
        server, _ = self.start("--compile-memory-mb", "100")
        self.ends(server, "the compiler needed more than 100 MiB of memory")

    def test_cpu_time_is_bounded(self):
        server, _ = self.start("--compile-seconds", "1")
        self.ends(server, "the compiler needed more than 1 s of CPU time")

    def test_a_worker_that_hangs_is_stopped(self):
        server, worker = self.start("--compile-seconds", "1")
        os.kill(worker, signal.SIGSTOP)
        self.ends(server, "was not done after 10 s and was stopped")

    def test_a_worker_does_not_outlive_its_node(self):
        server, worker = self.start()
        server.kill()
        self.assertTrue(until(lambda: gone(worker), 20), status_of(worker, "State"))

    def test_ctrl_c_while_it_compiles_ends_both(self):
        server, worker = self.start()
        server.signal(signal.SIGINT)
        self.assertIn(server.wait(20), (-signal.SIGINT, 130))
        self.assertTrue(until(lambda: gone(worker), 20))

    def test_a_worker_has_nothing_of_the_node(self):
        server, worker = self.start(env={"AWS_SECRET_ACCESS_KEY": "secret"})
        if not SANITIZED:
            self.assertTrue(until(lambda: status_of(worker, "Seccomp") == "2"), "no filter of system calls")
        self.assertTrue(until(lambda: status_of(worker, "NoNewPrivs") == "1"))
        os.kill(worker, signal.SIGSTOP)
        self.assertTrue(until(lambda: (status_of(worker, "State") or "").startswith("T")))
        proc = pathlib.Path(f"/proc/{worker}")
        self.assertNotIn(b"secret", (proc / "environ").read_bytes())
        for link in (proc / "fd").iterdir():
            target = os.readlink(link)
            self.assertRegex(target, r"^(/memfd:peko-(component|artifact) |pipe:|anon_inode:|/dev/null$)")
        self.assertRegex((proc / "limits").read_text(), r"Max core file size +0 +0 ")
        self.assertEqual((proc / "stat").read_text().rsplit(")", 1)[1].split()[16], "10", "nice")
        os.kill(worker, signal.SIGKILL)
        self.ends(server, "killed from outside")


class WithoutSeccomp(unittest.TestCase):
    """A kernel that does not filter system calls: the filter of this starter answers "not implemented" to seccomp()."""

    STARTER = """
import ctypes, os, sys
seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
allow, not_implemented = 0x7fff0000, 0x00050000 | 38
filter = ctypes.c_void_p(seccomp.seccomp_init(allow))
assert seccomp.seccomp_rule_add(filter, not_implemented, seccomp.seccomp_syscall_resolve_name(b"seccomp"), 0) == 0
assert seccomp.seccomp_load(filter) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""

    @unittest.skipIf(SANITIZED, "no filter with sanitizers")
    def test_it_is_told_once_and_everything_serves(self):
        server = Server("serve", "--code", store({"hello": "", "counter": ""}), *FLAGS, cache=temporary_folder(),
                        prefix=(sys.executable, "-c", self.STARTER))
        said = "\n".join(server.lines)
        self.assertEqual((said.count("does not filter system calls"), said.count("compiled in")), (1, 2), said)
        self.assertEqual(server.ask("hello").body, b"Hello, World!")
        server.stop()


class CompileOnce(unittest.TestCase):
    def test_functions_with_one_component_compile_it_once(self):
        names = ["a", "b", "c", "d"]
        server = Server("serve", "--code", store({name: ("hello", "") for name in names}), *FLAGS, "--compile-at-once", "4",
                        cache=temporary_folder())
        said = "\n".join(server.lines)
        self.assertEqual((said.count("compiled in"), said.count("from the cache")), (1, 3), said)
        told = re.findall(r"function (\w) (?:compiled|from)", said)
        self.assertEqual(told, names, "in the order of the names, whoever was first")
        for name in names:
            self.assertEqual(server.ask(name).body, b"Hello, World!")
        server.stop()


class Cache(unittest.TestCase):
    """A cache that cannot be used, or not be written, never stops a function."""

    def setUp(self):
        self.store, self.cache = store({"hello": "", "counter": ""}), temporary_folder() / "cache"

    def serve(self, flags=(), **options):
        server = Server("serve", "--code", self.store, *FLAGS, *flags, cache=self.cache, **options)
        self.assertEqual(server.ask("hello").body, b"Hello, World!")
        self.assertEqual(server.ask("counter").body, b"served: 1\n")
        server.stop()
        return "\n".join(server.lines)

    def test_an_artifact_is_mapped_from_its_file(self):
        for known in (False, True):
            server = Server("serve", "--code", self.store, *FLAGS, cache=self.cache)
            maps = pathlib.Path(f"/proc/{server.process.pid}/maps").read_text()
            for artifact in self.cache.rglob("*.cwasm"):
                self.assertRegex(maps, rf"(?m)^\S+ r-xp .* {artifact}$", f"code, from the cache: {known}")
            self.assertNotIn("memfd:peko", maps)
            server.stop()

    def serves_without(self, message, **options):
        said = self.serve(**options)
        self.assertIn("the cache of compiled functions is not used", said)
        self.assertIn(message, said)
        self.assertIn(str(self.cache), said)
        self.assertEqual(said.count("compiled in"), 2, said)

    def test_a_key_that_others_can_read_is_not_used(self):
        self.serve()
        (self.cache / "key").chmod(0o644)
        self.serves_without("the node key must be yours alone")
        (self.cache / "key").unlink()  # as the message advises
        said = self.serve()
        self.assertEqual((said.count("refused"), said.count("compiled in")), (2, 2), said)
        self.assertEqual(self.serve().count("from the cache"), 2)

    def test_a_damaged_key_is_not_used(self):
        self.serve()
        os.truncate(self.cache / "key", 31)
        self.serves_without("is damaged: a node key has 32 bytes")

    @unittest.skipIf(os.geteuid() != 0, "only root can start it as somebody else")
    def test_a_key_of_somebody_else_is_not_used(self):
        self.serve()
        for path in (self.cache.parent, self.cache, self.cache / "artifacts", self.store, self.store / "functions"):
            path.chmod(0o755)
        self.serves_without("key", prefix=("setpriv", "--reuid=65534", "--clear-groups"))

    def test_a_key_file_that_nodes_share(self):
        key = temporary_folder() / "key"
        server = Server("serve", "--code", self.store, "--key-file", key, cache=self.cache, ready=False)
        self.assertEqual(server.wait(), 1)  # not made: it was to be put there
        self.assertIn(f"there is no node key {key}: copy the one of another node", "\n".join(server.lines))
        self.assertFalse(key.exists())
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        self.assertEqual(self.serve(flags=("--key-file", key)).count("compiled in"), 2)
        self.assertEqual(self.serve(flags=("--key-file", key)).count("from the cache"), 2)
        self.assertFalse((self.cache / "key").exists())
        key.write_bytes(os.urandom(32) + key.read_bytes())  # the next key, while the old one still counts
        self.assertEqual(self.serve(flags=("--key-file", key)).count("from the cache"), 2)
        key.write_bytes(os.urandom(32))
        said = self.serve(flags=("--key-file", key))
        self.assertEqual((said.count("by another node key"), said.count("compiled in")), (2, 2), said)

    def test_it_holds_no_more_than_it_may(self):
        self.serve()
        known = {path.name for path in self.cache.rglob("*.cwasm")}
        old = self.cache / "components" / ("0" * 64 + ".wasm")
        os.truncate(os.open(old, os.O_CREAT | os.O_WRONLY), 20 << 20)
        os.utime(old, (0, 0))
        shutil.rmtree(self.cache / "artifacts")
        said = self.serve(flags=("--cache-mb", "16"))
        self.assertEqual((said.count("compiled in"), said.count("cannot be kept")), (2, 0), said)
        self.assertFalse(old.exists())
        self.assertEqual({path.name for path in self.cache.rglob("*.cwasm")}, known)

    def test_a_file_in_the_way_of_the_folder(self):
        self.cache.write_text("")
        self.serves_without("a file is in its place")

    def test_an_artifact_that_is_signed_and_no_artifact_is_compiled_again(self):
        self.serve()
        key = derived_key((self.cache / "key").read_bytes(), b"peko artifact")
        for artifact in self.cache.rglob("*.cwasm"):
            garbage = b"\x7fELF" + os.urandom(5000)
            covered = f"peko artifact 2\n{artifact.parent.name}\n{artifact.stem}\n{hashlib.sha256(garbage).hexdigest()}\n"
            artifact.write_bytes(garbage + hmac.new(key, covered.encode(), hashlib.sha256).digest())
        said = self.serve()
        self.assertEqual((said.count("does not load"), said.count("compiled in")), (2, 2), said)
        self.assertEqual(self.serve().count("from the cache"), 2)

    def mounted(self, what):
        """The command that starts a program with the cache folder mounted by `what`; skips where that is not permitted."""
        self.cache.mkdir(exist_ok=True)
        prefix = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)), "sh", "-c", f'{what} && exec "$@"', "sh")
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("this system does not permit mounting")
        return prefix

    def test_a_full_disk(self):
        said = self.serve(prefix=self.mounted(f"mount -t tmpfs -o size=48k,mode=700 none {self.cache}"))
        self.assertIn("cannot be kept", said)
        self.assertIn("No space left on device", said)
        self.assertEqual(said.count("compiled in"), 2, said)

    def test_a_read_only_disk(self):
        self.serve()
        (next(self.cache.rglob("*.cwasm"))).unlink()
        read_only = f"mount --bind {self.cache} {self.cache} && mount -o remount,bind,ro {self.cache}"
        said = self.serve(prefix=self.mounted(read_only))
        self.assertEqual((said.count("compiled in"), said.count("from the cache"), said.count("cannot be kept")), (1, 1, 1), said)
        self.assertIn("Read-only file system", said)
        shutil.rmtree(self.cache)
        self.serves_without("Read-only file system", prefix=self.mounted(read_only))


class Maxima(unittest.TestCase):
    """[limits_max] holds for manifests and defaults, the same in dev and serve."""

    def folders(self):
        """One set of functions, as a store and as projects: name -> settings."""
        functions = {"spin": "", "greedy": "[limits]\nmemory_mb = 64\ncpu_ms = 51\n", "modest": "[limits]\ncpu_ms = 50\n"}
        stored = store({name: ("hello" if name != "spin" else "spin", settings) for name, settings in functions.items()})
        projects = temporary_folder()
        for name, settings in functions.items():
            (projects / name).mkdir()
            (projects / name / "peko.toml").write_text(f'name = "{name}"\ncomponent = "x.wasm"\n{settings}')
            shutil.copyfile(stored / "functions" / f"{name}.wasm", projects / name / "x.wasm")
        return ((("serve", "--code", stored), stored / "functions" / "greedy.toml", 3),
                (("dev", projects), projects / "greedy" / "peko.toml", 5))

    def test_hold_in_dev_and_serve_from_every_source(self):
        node = temporary_folder() / "node.toml"
        node.write_text("[limits_max]\ncpu_ms = 50\n")
        sources = ({"flags": ("--config", node)}, {"env": {"PEKO_MAX_CPU_MS": "50"}}, {"flags": ("--max-cpu-ms", "50")})
        for command, manifest, line in self.folders():
            for source in sources:
                with self.subTest(command=command, source=source):
                    server = Server(*command, *FLAGS, *source.get("flags", ()), env=source.get("env"))
                    wrong = f'{manifest}:{line}:10: "cpu_ms" is 51, but this node allows at most 50 (limits_max.cpu_ms'
                    self.assertTrue(server.wait_line(lambda said, wrong=wrong: wrong in said), server.tail())
                    self.assertEqual(server.ask("greedy").status, 404 if command[0] == "dev" else 500)
                    self.assertEqual(server.ask("modest").body, b"Hello, World!")
                    response = server.ask("spin")  # the default is clipped
                    self.assertEqual((response.status, response["peko-error"]), (500, "PEKO-CPU"))
                    self.assertTrue(server.wait_line(lambda said: "PEKO-CPU" in said and re.search(r"\b50 ms", said)), server.tail())
                    server.stop()

    def test_a_component_that_is_too_large_is_not_served(self):
        folder = store({"hello": ""})
        (folder / "functions" / "large.wasm").write_bytes(b"\0asm\x0d\0\x01\0" + section(0, b"\x01x" + b"\0" * (1 << 20)))
        server = Server("serve", "--code", folder, *FLAGS, "--max-component-mb", "1")
        self.assertTrue(server.wait_line(lambda line: "PEKO-COMPONENT" in line), server.tail())
        self.assertEqual(server.ask("hello").status, 200)
        self.assertEqual(server.ask("large").status, 500)
        server.stop()


class System(unittest.TestCase):
    """Limits of the system that a busy node would meet are told at its start."""

    @classmethod
    def setUpClass(cls):
        cls.store = store({"hello": ""})

    def test_open_files_are_raised_and_told_when_they_are_few(self):
        server = Server("serve", "--code", self.store, *FLAGS, prefix=("prlimit", "--nofile=128:512"))
        line = server.wait_line(lambda said: "open files are limited to 512" in said)
        self.assertTrue(line, server.tail())
        self.assertIn("LimitNOFILE=", line)
        few = re.search(r"--instances (\d+)", line).group(1)
        limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
        self.assertRegex(limits, r"Max open files +512 +512 ")
        self.assertEqual(server.ask("hello").status, 200)
        server.stop()
        server = Server("serve", "--code", self.store, *FLAGS, "--instances", few, prefix=("prlimit", "--nofile=128:512"))
        self.assertNotIn("limited", "\n".join(server.lines))
        server.stop()

    @unittest.skipIf(SANITIZED, "sanitizers need address space without bounds")
    def test_a_small_address_space_is_told_before_the_engine_fails(self):
        command = ["prlimit", f"--as={20 << 30}", PEKO, "serve", "--code", self.store, "--listen", "127.0.0.1:0", "--log", "text",
                   "--cache-dir", temporary_folder()]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("address space is limited to 20 GiB", done.stderr)
        self.assertIn("ulimit -v unlimited", done.stderr)

    @unittest.skipIf(SANITIZED, "sanitizers need address space without bounds")
    def test_it_starts_with_as_many_instances_as_can_be_asked_for(self):
        most = re.search(r"from 1 to (\d+)", run("serve", "--code", self.store, "--instances", "99999999")[2]).group(1)
        server = Server("serve", "--code", self.store, *FLAGS, "--instances", most)
        self.assertEqual(server.ask("hello").status, 200)
        server.stop()

    def test_a_node_with_enough_says_nothing(self):
        server = Server("serve", "--code", self.store, *FLAGS, "--instances", "64")
        self.assertNotIn("warn", "\n".join(server.lines))
        server.stop()

    def test_settings_out_of_range_name_their_place(self):
        status, _, err = run("serve", "--code", self.store, "--compile-memory-mb", "1")
        self.assertEqual((status, err), (2, 'peko serve: --compile-memory-mb: "1" is not a whole number from 64 to 1048576\n'))


if __name__ == "__main__":
    main()
