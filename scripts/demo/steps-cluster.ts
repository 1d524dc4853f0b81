import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { explain, heading, type, type Seat } from "./narrator.ts";
import type { Scene } from "./scene.ts";

export async function cluster(scene: Scene): Promise<void> {
  heading("9. The same verdict for services and stacks");
  const { admin, alice, instance, image, repository, organization } = scene;
  if (!instance.isPrivate || !admin.env["PASSWORD"]) {
    explain("Left out here: it would make a swarm of an engine that is not the demo's own.");
    return;
  }
  const state = await type(admin, "docker info --format '{{.Swarm.LocalNodeState}}'", {
    quiet: true,
  });
  const isFresh = state.trim() === "inactive";
  if (isFresh) await makeSwarm(admin);
  try {
    await type(alice, `docker tag ${image} ${repository}:2`);
    await type(alice, `docker push -q ${repository}:2`);
    const service = `docker service create -d -q --network host --with-registry-auth`;
    await type(admin, `${service} ${repository}:2`, { outcome: "fails", shows: "not signed" });
    await type(admin, `${service} --name ${organization}-web ${image}`);
    const format = "{{.Spec.TaskTemplate.ContainerSpec.Image}}";
    const inspect = `docker service inspect --format '${format}' ${organization}-web`;
    await type(admin, inspect, { shows: `${repository}@sha256:` });
    await type(admin, `docker service rm ${organization}-web`, { quiet: true });
    stackFile(admin, `${repository}:2`);
    await type(admin, "cat stack.yml");
    const deploy = `docker stack deploy --with-registry-auth -c stack.yml ${organization}`;
    await type(admin, deploy, { outcome: "fails", shows: "not signed" });
  } finally {
    if (isFresh) await type(admin, "docker swarm leave --force", { quiet: true });
  }
}

function stackFile(seat: Seat, image: string): void {
  mkdirSync(seat.folder, { recursive: true });
  const networks = "networks: { outside: { external: true, name: host } }";
  const services = `services:\n  web:\n    image: ${image}\n    networks: [outside]`;
  writeFileSync(join(seat.folder, "stack.yml"), `version: "3.8"\n${services}\n${networks}\n`);
}

/** A swarm of one node, on a port that is free: another engine of this machine may have one too. */
async function makeSwarm(seat: Seat): Promise<void> {
  const [port] = await freePorts();
  const init = `docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:${port}`;
  await type(seat, init, { quiet: true });
}
