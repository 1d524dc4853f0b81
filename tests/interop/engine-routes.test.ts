import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { classify } from "#domain/engine-api";
import { whyNoEngine } from "../harness/engine.ts";
import { findPeer } from "../harness/peers.ts";

/** `GET /containers/{name:.*}/json`, and the versions of the engines that register it. */
type Route = { readonly route: string; readonly versions: readonly string[] };

const recorded: readonly Route[] = readFileSync(
  new URL("engine-routes.fixture.txt", import.meta.url),
  "utf8",
)
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [method = "", path = "", ...versions] = line.split(" ");
    return { route: `${method} ${path}`, versions };
  });

/** Asks for a route by name and under a version, and tells what nobody here has heard of. */
function unheardOf(routes: readonly string[]): readonly string[] {
  return routes.filter((route) => {
    const [method = "", path = ""] = route.split(" ");
    const target = path.replaceAll(/\{[^}]+\}/g, "some-name");
    return ["", "/v1.41"].some((version) => {
      const asked = classify(method, `${version}${target}`);
      return asked.kind === "refused" && asked.code === "engine-api/operation-unknown";
    });
  });
}

test("every route that engines were seen to register is in the table, or closed by name", () => {
  expect(recorded.length).toBeGreaterThan(100);
  expect(unheardOf(recorded.map(({ route }) => route))).toEqual([]);
});

test("no parameter in a path leads from one operation to another", () => {
  for (const { route } of recorded) {
    const [method = "", path = ""] = route.split(" ");
    if (!path.includes("{")) continue;
    for (const name of ["..", ".", "a%2f..%2fcreate", "", "%2e%2e", "a/../create"]) {
      const target = path.replaceAll(/\{[^}]+\}/g, () => name);
      expect([target, classify(method, target).kind]).toEqual([target, "refused"]);
    }
  }
});

/**
 * The engine that is installed, and those in the folders of ENGINES (`dockerd` and `containerd` in each,
 * or in its `usr/sbin` and `usr/bin`).
 */
const installed = findPeer("dockerd");
const others = (process.env["ENGINES"] ?? "").split(delimiter).filter(Boolean);
const programs = [
  ...(installed === undefined ? [] : [installed]),
  ...others.map((folder) => findIn(folder)),
];
const reason = whyNoEngine();
if (reason !== undefined) console.warn(`the routes of installed engines are not read: ${reason}`);
else if (others.length === 0)
  console.warn("only the installed engine's routes are read: ENGINES names no folder of another");

function findIn(folder: string): string {
  const path = process.env["PATH"];
  process.env["PATH"] = [folder, join(folder, "usr/sbin")].join(delimiter);
  try {
    return findPeer("dockerd") ?? join(folder, "dockerd");
  } finally {
    process.env["PATH"] = path;
  }
}

describe.skipIf(reason !== undefined)("an engine that runs here", () => {
  test.for(programs)("%s registers no route that is not in the table", async (program) => {
    const { version, routes } = await routesOf(program);
    expect(routes.length).toBeGreaterThan(100);
    expect(unheardOf(routes)).toEqual([]);
    const known = recorded.filter(({ versions }) => versions.includes(version));
    if (known.length > 0)
      expect(routes.toSorted()).toEqual(known.map(({ route }) => route).toSorted());
  });
});

/** What an engine says that it serves: `dockerd --debug` logs each route when it starts. */
async function routesOf(
  program: string,
): Promise<{ readonly version: string; readonly routes: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "cs-routes-"));
  const beside = [dirname(program), join(dirname(program), "../bin"), process.env["PATH"] ?? ""];
  const child = spawn(
    program,
    [
      ...["--debug", "--bridge=none", "--iptables=false", "--ip6tables=false"],
      ...["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec")],
      ...["-p", join(folder, "pid"), "-H", `unix://${join(folder, "docker.sock")}`],
    ],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, PATH: beside.join(delimiter) },
    },
  );
  const gone = once(child, "exit");
  const killer = setTimeout(() => child.kill("SIGKILL"), 45_000);
  const routes: string[] = [];
  let version = "";
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      const found = /Registering (?:route" method=)?([A-Z]+),? (?:path=)?"?([^"\s]+)/.exec(line);
      if (found !== null) routes.push(`${found[1]} ${found[2]}`);
      version = /Docker daemon".* version="?(\d+\.\d+\.\d+)/.exec(line)?.[1] ?? version;
      if (/API listen on/.test(line)) child.kill("SIGTERM");
    }
    await gone;
  } finally {
    clearTimeout(killer);
    await unmountUnder(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return { version, routes };
}

async function unmountUnder(folder: string): Promise<void> {
  const script = `awk -v f='${folder}/' 'index($2, f) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount -l`;
  await once(spawn("sh", ["-c", script], { stdio: "ignore" }), "exit");
}
