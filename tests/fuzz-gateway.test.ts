import { mkdir, readFile, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createConnection } from "./fuzz-gateway/connection.ts";
import { frame, type Written } from "./fuzz-gateway/framing.ts";
import { createRandom } from "./fuzz-gateway/random.ts";
import { anyRequest, type As, type Ground } from "./fuzz-gateway/requests.ts";
import { createWatch, type Watch } from "./fuzz-gateway/watch.ts";
import {
  finish,
  freePort,
  gatewayWorld,
  succeed,
  type GatewayWorld,
} from "./harness/engine-world.ts";
import { whyNoEngine } from "./harness/engine.ts";

/** `make fuzz-gateway` sets how long to go on; without it a short run that begins the same each time. */
const seconds = Number(process.env["FUZZ_GATEWAY_SECONDS"] ?? 0) || 15;
const isLong = process.env["FUZZ_GATEWAY_SECONDS"] !== undefined;
const seed = Number(process.env["FUZZ_GATEWAY_SEED"] ?? (isLong ? Date.now() % 2 ** 31 : 1));
const people: readonly As[] = ["dev", "limited", "dev", "limited", "dev", "limited"];
const rowsInBatch = 25;
const maxRow = 8;

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`the gateway is not fuzzed: ${reason}`);

describe.skipIf(reason !== undefined)("requests made up at random", () => {
  let world: GatewayWorld;
  let watch: Watch;
  let ground: Ground;
  let bad = "";

  beforeAll(async () => {
    world = await gatewayWorld();
    world.build = "judge";
    const web = `${world.registry}/acme/web`;
    const names = [1, 2, 3, 4].map((tag) => `${web}:${tag}`) as [string, string, string, string];
    const [one, two, three, four] = [
      await world.publish(names[0], "one\n"),
      await world.publish(names[1], "two\n"),
      await world.publish(names[2], "not signed\n"),
      await world.publish(names[3], "not signed, and never fetched\n"),
    ];
    for (const [name, { digest, id }] of [
      [names[0], one],
      [names[1], two],
    ] as const) {
      world.judge.signed.set(name, digest);
      world.judge.imageIds.set(digest, [id]);
    }
    bad = `${web}@${three.digest}`;
    for (const name of names.slice(0, 3)) await succeed(world.direct("pull", "-q", name));
    await succeed(world.direct("tag", names[2], "web:1"));
    const own = `127.78.${process.pid % 250}.${1 + (Math.trunc(process.pid / 250) % 250)}`;
    const at = ["--advertise-addr", own, "--listen-addr", `${own}:${await freePort()}`];
    await succeed(world.direct("swarm", "init", ...at));
    const signed = [one, two].flatMap(({ digest, id }, index): string[] => [
      names[index] ?? "",
      `${web}@${digest}`,
      `${web}:1@${digest}`,
      id,
      id.slice("sha256:".length),
      id.slice("sha256:".length, 19),
    ]);
    const { digest, id } = three;
    const unsigned = [
      names[2],
      names[3],
      bad,
      `${web}:1@${digest}`,
      `${web}@${four.digest}`,
      id,
      id.slice(7),
      id.slice(7, 19),
      "web:1",
      "web",
      `${web.toUpperCase()}:1`,
      `${web}:1 `,
      `${web}:1@sha256:${"0".repeat(64)}`,
    ];
    ground = {
      signed: signed as [string, ...string[]],
      unsigned: unsigned as [string, ...string[]],
      repository: web,
      forged: await forge(world, names[0], names[2]),
      contexts: await Promise.all(
        dockerfiles(names[0], names[2]).map((text, index) => tarOf(world, `${index}`, text)),
      ),
      traps: [],
      services: [],
    };
    watch = createWatch(world.socketPath, {
      imageIds: new Set([one.id, two.id]),
      references: new Set([`${web}@${one.digest}`, `${web}@${two.digest}`]),
      neverHere: `${web}@${four.digest}`,
    });
  });
  afterAll(() => world?.stop());

  /** What was there before: containers and a service that would bring back what is not signed. */
  async function prepare(): Promise<void> {
    await watch.clear(ground.traps);
    for (const name of world.judge.signed.values()) {
      const at = `${ground.repository}@${name}`;
      if ((await watch.ask("GET", `/images/${at}/json`)).status !== 200)
        await world.direct("pull", "-q", at);
    }
    if ((await watch.ask("GET", `/images/${bad}/json`)).status !== 200)
      await world.direct("pull", "-q", bad);
    const there: string[] = [];
    for (const id of ground.traps)
      if ((await watch.ask("GET", `/containers/${id}/json`)).status === 200) there.push(id);
    while (there.length < 3) {
      const made = await watch.ask("POST", "/containers/create", {
        Image: bad,
        HostConfig: { NetworkMode: "none" },
      });
      there.push((made.json as { Id: string }).Id);
    }
    ground.traps = there;
    const [good = ""] = world.judge.signed.values();
    const spec = (image: string): object => ({
      Name: "trap",
      Mode: { Replicated: { Replicas: 0 } },
      TaskTemplate: { ContainerSpec: { Image: image } },
    });
    await watch.ask("POST", "/services/create", spec(bad));
    const [made] = await watch.services();
    await watch.ask(
      "POST",
      `/services/trap/update?version=${made?.version}`,
      spec(`${ground.repository}@${good}`),
    );
    ground.services = await watch.services();
  }

  test(
    `start nothing that was not admitted (seed ${seed})`,
    { timeout: (seconds + 120) * 1_000 },
    async () => {
      const until = Date.now() + seconds * 1_000;
      // On a busy machine it goes on until something was admitted too: else nothing would have been tried.
      const isOver = (): boolean =>
        Date.now() > until &&
        ((watch.made.containers > 0 && watch.made.services > 0) || Date.now() > until + 60_000);
      const statuses = new Map<number, number>();
      let sent = 0;
      const askers = people.map((as, index) => ({
        as,
        random: createRandom(seed * people.length + index),
        connection: createConnection(() => world.connect(as)),
      }));
      const last: string[] = [];
      do {
        await prepare();
        last.length = 0;
        await Promise.all(
          askers.map(async ({ as, random, connection }) => {
            for (let row = 0; row < rowsInBatch && !isOver(); row += 1) {
              const requests: Written[] = [];
              const length = 1 + random.below(maxRow);
              const boldness = random.pick([0, 0, 0.02, 0.1]);
              while (requests.length < length && requests.at(-1)?.isLast !== true)
                requests.push(frame(anyRequest(ground, random, as), random, boldness));
              sent += requests.length;
              for (const { bytes } of requests)
                last.push(`${as}: ${bytes.toString("latin1").slice(0, 2_000)}`);
              for (const status of await connection.send(requests))
                statuses.set(status, (statuses.get(status) ?? 0) + 1);
              if (row % 5 === 4) ground.services = await watch.services();
            }
          }),
        );
        const found = await watch.violations(ground.traps);
        if (found.length > 0) {
          const file = join(tmpdir(), `fuzz-gateway-${seed}.txt`);
          await writeFile(file, last.join("\n----\n"));
          expect.fail(
            `seed ${seed}, after ${sent} requests; the last are in ${file}:\n${found.join("\n")}`,
          );
        }
      } while (!isOver());
      for (const { connection } of askers) connection.close();
      const told = [...statuses]
        .toSorted(([a], [b]) => a - b)
        .map(([status, count]) => `${status}: ${count}`);
      console.info(
        `seed ${seed}: ${sent} requests; ${JSON.stringify(watch.made)}; ${told.join(", ")}`,
      );
      expect(watch.made.containers).toBeGreaterThan(0);
      expect(watch.made.services).toBeGreaterThan(0);
    },
  );
});

/** An archive of `bad` that claims to be `good`. */
async function forge(world: GatewayWorld, good: string, bad: string): Promise<Uint8Array> {
  const file = join(world.folder, "forged.tar");
  const id = (await succeed(world.direct("image", "inspect", "-f", "{{.Id}}", good))).out.trim();
  await succeed(world.direct("tag", bad, good));
  await succeed(world.direct("save", "-o", file, good));
  await succeed(world.direct("tag", id, good));
  return readFile(file);
}

/** What starts from `bad`, openly or by a detour, and what does not; with one step that runs, at most. */
function dockerfiles(good: string, bad: string): readonly string[] {
  const run = 'RUN ["true"]\n';
  return [
    `FROM ${good}\n${run}`,
    `FROM ${bad}\n${run}`,
    `FROM ${good} AS x\nFROM ${bad}\n${run}`,
    `FROM ${good} AS x\nFROM x\nCOPY --from=${bad} /text /other\n`,
    `ARG B=${bad}\nFROM $B\n${run}`,
    `ARG B=${good}\nFROM \${B:-${bad}}\n${run}`,
    `# escape=\`\nFROM \`\n ${bad}\n${run}`,
    `FROM \\\n# between\n${bad}\n${run}`,
    `\u{feff}from ${bad} as ${good}\n${run}`,
    `FROM ${good}\nONBUILD RUN ["true"]\n`,
    `FROM scratch\nCOPY --from=0 / /\n`,
    `# syntax=${bad}\nFROM ${good}\n${run}`,
  ];
}

async function tarOf(world: GatewayWorld, name: string, dockerfile: string): Promise<Uint8Array> {
  const folder = join(world.folder, `context-${name}`);
  await mkdir(folder);
  await writeFile(join(folder, "Dockerfile"), dockerfile);
  const file = join(world.folder, `context-${name}.tar`);
  await succeed(finish(spawn("tar", ["-C", folder, "-cf", file, "."])));
  return readFile(file);
}
