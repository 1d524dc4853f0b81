import { performance } from "node:perf_hooks";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { finish, succeed } from "../harness/engine-world.ts";
import { makeTinyImageFolder, startEngine } from "../harness/engine.ts";
import { nodeWorld } from "../harness/node-world.ts";

/**
 * What the plugin and the guard add to the start of a container: `node tests/bench/guard-start.ts`. Two
 * engines side by side, the same image, one start on each in turn.
 */
const rounds = Number(process.argv[2] ?? 20);
const node = await nodeWorld();
const plain = await startEngine();
try {
  const rootfs = await makeTinyImageFolder(join(plain.folder, "image"));
  const image = `${node.registry}/bench/true:1`;
  node.server.mode = "off";
  const { digest } = await node.publish(image, "bench");
  await succeed(node.docker("pull", "-q", image));
  const host = `docker -H 'unix://${plain.socketPath}'`;
  const bring = `tar -C '${rootfs}' -c . | ${host} import -c 'CMD ["true"]' - '${image}'`;
  await succeed(finish(spawn("sh", ["-c", bring])));
  node.server.mode = "enforce";
  node.server.signed.set(image, digest);
  const times = { guarded: [] as number[], plain: [] as number[] };
  for (let round = 0; round < rounds; round += 1)
    for (const [name, socket] of [
      ["guarded", node.socketPath],
      ["plain", plain.socketPath],
    ] as const)
      times[name].push(await startOne(socket, image));
  const guarded = middle(times.guarded);
  const bare = middle(times.plain);
  process.stdout.write(
    `create and start, median of ${rounds}: ${bare} ms without, ${guarded} ms with plugin and guard; ` +
      `added ${Math.round((guarded - bare) * 10) / 10} ms\n`,
  );
  const created = await node.docker("create", "--network", "none", image);
  const alone = { guard: [] as number[], runc: [] as number[] };
  // The bundle is missing, so that the runtime behind ends at once: what is left is the question.
  for (let round = 0; round < rounds; round += 1)
    for (const [name, program] of [
      ["guard", node.runtime],
      ["runc", "/usr/sbin/runc"],
    ] as const) {
      const began = performance.now();
      await finish(spawn(program, ["create", "--bundle", "/none", created.out.trim()]));
      alone[name].push(performance.now() - began);
    }
  const asked = Math.round((middle(alone.guard) - middle(alone.runc)) * 10) / 10;
  process.stdout.write(
    `the guard alone: ${middle(alone.runc)} ms for runc, ${middle(alone.guard)} ms with it; added ${asked} ms\n`,
  );
} finally {
  await plain.stop();
  await node.stop();
}

/** Milliseconds of `create` and `start`, without a client program around them. */
async function startOne(socketPath: string, image: string): Promise<number> {
  const ask = async (method: string, target: string, body?: string): Promise<string> => {
    const { request } = await import("node:http");
    return await new Promise((resolve, reject) => {
      const asked = request(
        { socketPath, method, path: target, headers: { "content-type": "application/json" } },
        (answer) => {
          let text = "";
          answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
          answer.on("end", () => {
            if ((answer.statusCode ?? 500) < 400) resolve(text);
            else reject(new Error(text));
          });
        },
      );
      asked.on("error", reject);
      asked.end(body);
    });
  };
  const body = { Image: image, Cmd: ["true"], HostConfig: { NetworkMode: "none" } };
  const started = performance.now();
  const made = await ask("POST", "/v1.41/containers/create", JSON.stringify(body));
  const { Id: id } = JSON.parse(made) as { Id: string };
  await ask("POST", `/v1.41/containers/${id}/start`, "");
  const took = performance.now() - started;
  await ask("POST", `/v1.41/containers/${id}/wait`);
  await ask("DELETE", `/v1.41/containers/${id}?force=1`);
  return took;
}

function middle(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}
