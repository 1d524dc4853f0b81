import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeed } from "../e2e/cast.ts";
import type { Ran } from "../harness/peers-run.ts";
import { whyNoLab } from "../harness/swarm-lab.ts";
import {
  openSwarmWorld,
  type Pushed,
  type Running,
  type SwarmWorld,
  type Task,
} from "./swarm-nodes-world.ts";

const reason = whyNoLab();
if (reason !== undefined) console.warn(`tests of a swarm of several hosts skipped: ${reason}`);

/** Each test goes on from what the one before it left. */
describe.skipIf(reason !== undefined)("a swarm of several hosts", { timeout: 120_000 }, () => {
  let world: SwarmWorld;
  let one: Pushed;
  let two: Pushed;
  const notSigned = "not signed by team acme/qa";

  beforeAll(async () => {
    world = await openSwarmWorld();
    one = await world.push("1", "one");
    await world.sign("1");
    two = await world.push("2", "two");
    await world.sign("2");
    await world.push("unsigned", "nobody signed this");
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  const image = (tag: string): string => `${world.repository}:${tag}`;
  const service = (...args: readonly string[]): Promise<Ran> =>
    world.alice.docker.run(["service", ...args]);
  const update = (...args: readonly string[]): Promise<Ran> =>
    service("update", "-d", "--with-registry-auth", ...args);
  const create = (name: string, tag: string, ...flags: readonly string[]): Promise<Ran> =>
    service("create", "-d", "--name", name, ...quick, ...flags, image(tag));
  const own = "--with-registry-auth";

  /** Waits until `count` tasks run, none of them one of `gone`; all have to be what was pushed. */
  const allRun = async (
    name: string,
    count: number,
    what: Pushed,
    gone: ReadonlySet<string> = new Set(),
  ): Promise<readonly Running[]> => {
    const seen = await world.until(
      name,
      (tasks) => tasks.length === count && tasks.every(({ id }) => !gone.has(id)),
    );
    for (const { image: asked, content } of seen)
      expect({ asked, content }).toEqual({
        asked: `${world.repository}@${what.digest}`,
        content: what.content,
      });
    return seen;
  };

  test("a service runs the signed digest on every host", async () => {
    await succeed(create("agent", "1", own, "--mode", "global"));
    expect(hosts(await allRun("agent", 3, one))).toEqual(["n1", "n2", "n3"]);
    await succeed(create("web", "1", own, "--replicas", "3"));
    expect(hosts(await allRun("web", 3, one))).toEqual(["n1", "n2", "n3"]);
  });

  test("an unsigned image becomes no service, and no update of one", async () => {
    for (const flags of [[], ["--no-resolve-image"], ["--mode", "global"]]) {
      const refused = await create("bad", "unsigned", own, ...flags);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.err).toContain(notSigned);
    }
    expect((await update("--image", image("unsigned"), "web")).err).toContain(notSigned);
    expect(await world.tasks("bad")).toEqual([]);
    await allRun("web", 3, one);
  });

  test("what is added by scaling runs the same digest", async () => {
    await succeed(service("scale", "-d", "web=6"));
    expect(new Set(hosts(await allRun("web", 6, one))).size).toBe(3);
    await succeed(service("scale", "-d", "web=3"));
    await allRun("web", 3, one);
  });

  test("an update runs the other signed digest, and a rollback the first again", async () => {
    const before = ids(await world.tasks("web"));
    await succeed(update("--image", image("2"), "web"));
    const updated = ids(await allRun("web", 3, two, before));
    await succeed(service("rollback", "-d", "web"));
    const back = await allRun("web", 3, one, updated);
    expect(hosts(back)).toEqual(["n1", "n2", "n3"]);
  });

  test("an update that fails goes back by itself to the signed digest", async () => {
    const back = ["--update-failure-action", "rollback", "--update-monitor", "10s"];
    const failing = [...back, "--args", "cat /nothing-of-that-name", "--label-add", "failing=yes"];
    await succeed(update(...failing, "--image", image("2"), "web"));
    const state = async (): Promise<string> =>
      await world.manager.must("service", "inspect", "-f", "{{.UpdateStatus.State}}", "web");
    await expect.poll(state, { timeout: 40_000 }).toContain("rollback_completed");
    await allRun("web", 3, one);
  });

  test("a tag that was pushed again changes nothing, by a forced update neither", async () => {
    expect((await world.push("1", "other content")).digest).not.toBe(one.digest);
    const before = ids(await world.tasks("web"));
    await succeed(service("update", "-d", "--force", "web"));
    const forced = ids(await allRun("web", 3, one, before));
    await succeed(update("--force", "--image", image("1"), "web"));
    await allRun("web", 3, one, forced);
    await succeed(create("late", "1", own, "--replicas", "3"));
    await allRun("late", 3, one);
    await succeed(service("rm", "late"));
  });

  test("without power a host's tasks move, and run the same digest elsewhere", async () => {
    await world.nodes.get("n2")?.powerCut();
    const moved = await allRun("web", 3, one);
    expect(hosts(moved)).not.toContain("n2");
    expect(hosts(await allRun("agent", 2, one))).toEqual(["n1", "n3"]);
  });

  test("a host that joins later and one that comes back run the same digest", async () => {
    await Promise.all([world.join("n4"), world.reboot("n2")]);
    expect(hosts(await allRun("agent", 4, one))).toEqual(["n1", "n2", "n3", "n4"]);
  });

  test("a host gets a private image only with the credentials of who deploys it", async () => {
    const secret = await world.push("private", "private content");
    await world.sign("private");
    const there = ["--constraint", "node.hostname==n4", "--restart-max-attempts", "1"];
    await succeed(create("private", "private", ...there));
    const told = async (): Promise<string> =>
      await world.manager.must("service", "ps", "--no-trunc", "private");
    await expect.poll(told, { timeout: 30_000 }).toContain("No such image");
    expect(await world.tasks("private")).toEqual([]);
    await succeed(update("--force", "private"));
    await allRun("private", 1, secret);
    expect(await world.digestsOn("n4")).toEqual(new Set([one.digest, secret.digest]));
  });

  test("a stack runs signed digests only", async () => {
    const file = join(world.stage.folder, "stack.yml");
    const stack = (tag: string): string =>
      `version: "3.8"\nservices:\n  app:\n    image: ${image(tag)}\n    stop_signal: SIGKILL\n    deploy: {replicas: 4}\n`;
    const deploy = (...flags: readonly string[]): Promise<Ran> =>
      world.alice.docker.run(["stack", "deploy", own, ...flags, "-c", file, "s"]);
    await writeFile(file, stack("unsigned"));
    for (const flags of [[], ["--resolve-image", "never"]])
      expect((await deploy(...flags)).err).toContain(notSigned);
    await writeFile(file, stack("1"));
    await succeed(deploy());
    expect(hosts(await allRun("s_app", 4, one))).toEqual(["n1", "n2", "n3", "n4"]);
    await succeed(deploy("--resolve-image", "always"));
    await allRun("s_app", 4, one);
    await writeFile(file, stack("unsigned"));
    expect((await deploy()).err).toContain(notSigned);
    await allRun("s_app", 4, one);
  });

  test("no host has ever fetched what nobody signed", async () => {
    const signed = new Set([one.digest, two.digest]);
    for (const name of ["n2", "n3"])
      expect([...(await world.digestsOn(name))].filter((digest) => !signed.has(digest))).toEqual(
        [],
      );
    expect(await world.digestsOn("n3")).toContain(one.digest);
  });
});

/** Tasks that end at once, start again at once, and are all updated together. */
const quick = [
  ...["--stop-signal", "SIGKILL", "--restart-delay", "0s"],
  ...["--update-parallelism", "0", "--rollback-parallelism", "0"],
  ...["--update-monitor", "100ms", "--rollback-monitor", "100ms"],
];

function hosts(tasks: readonly Task[]): readonly string[] {
  return tasks.map(({ node }) => node).toSorted();
}

function ids(tasks: readonly Task[]): ReadonlySet<string> {
  return new Set(tasks.map(({ id }) => id));
}
