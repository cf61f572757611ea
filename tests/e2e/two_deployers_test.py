"""Two deployers in a loop against one function: nobody's deploy is lost, and who was overtaken is told.

PEKO_E2E_FULL=1: 100 deploys of each instead of 20.
"""

import concurrent.futures
import json
import os
import threading

from harness import PATIENCE, main
from stores import Deployer, on_each_store, variant

DEPLOYS = 100 if os.environ.get("PEKO_E2E_FULL") == "1" else 20
DEPLOYERS = ("ann", "bob")
TRIES_MOST = 50  # of one deploy


class TwoDeployers:
    """The same on each kind of store."""

    def setUp(self):
        self.store = self.PROVIDER()
        self.addCleanup(self.store.stop)
        self.together = threading.Barrier(len(DEPLOYERS), timeout=PATIENCE)

    def work(self, who):
        """`DEPLOYS` deploys, each tried until it succeeds: {version: message}, and what it was told when one did not."""
        deployer, done, told = Deployer(self.store), {}, []
        project = deployer.project("api", variant("hello-min", who))
        for number in range(DEPLOYS):
            self.together.wait()  # each deploy begins as one of the other's does
            message = f"{who} {number}"
            for _ in range(TRIES_MOST):
                status, out, err = deployer.run("deploy", project, "--json", "--message", message)
                answer = json.loads(out)
                if status == 0:
                    break
                self.assertEqual(status, 1, err)
                problem = answer["error"]["message"]
                self.assertIn("do it again", problem)
                told.append(problem)
            self.assertEqual(status, 0, f"nobody is overtaken for ever: {told[-1:]}")
            self.assertNotIn(answer["version"], done)
            done[answer["version"]] = message
        return done, told

    def test_nothing_is_lost(self):
        with concurrent.futures.ThreadPoolExecutor(len(DEPLOYERS)) as pool:
            outcomes = list(pool.map(self.work, DEPLOYERS))
        done = {version: message for outcome, _ in outcomes for version, message in outcome.items()}
        told = [problem for _, problems in outcomes for problem in problems]
        total = DEPLOYS * len(DEPLOYERS)
        print(f"\n{self.PROVIDER.__name__}: {total} deploys, {len(told)} times a deployer was overtaken and told so")
        self.assertEqual(len(done), total, "no version number was given twice")
        self.assertGreater(len(told), 0, "they did get into each other's way")

        state = json.loads(Deployer(self.store).peko("versions", "api", "--json"))
        self.assertEqual(state["revision"], total, "one for each success")
        kept = min(total, 100)  # entries of a history
        self.assertEqual([entry["revision"] for entry in state["history"]], list(range(total, total - kept, -1)))
        for entry in state["history"]:
            [weighted] = entry["versions"]
            self.assertEqual(done[weighted["version"]], entry["message"], "each entry is a deploy that succeeded, as it was")
        records = {entry["version"]: entry["message"] for entry in state["versions"]}
        self.assertEqual({version: records.get(version) for version in done}, done)
        for who, (outcome, _) in zip(DEPLOYERS, outcomes):
            in_history = [entry["message"] for entry in reversed(state["history"]) if entry["message"].startswith(who)]
            self.assertEqual(in_history, list(outcome.values())[-len(in_history):], "in the order in which each did them")
        self.assertEqual(len(self.store.keys("components/")), len(DEPLOYERS), "nothing was sent twice")


OnAFolder, OnABucket = on_each_store(TwoDeployers)


if __name__ == "__main__":
    main()
