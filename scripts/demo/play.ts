import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "../say.ts";
import { projectDirectory, Stop } from "../settings.ts";
import { findProgram } from "../install.ts";
import type { Instance } from "./instance.ts";
import { explain, heading, type, type Seat } from "./narrator.ts";
import { prepareStage, takeSeat, withBundle } from "./seats.ts";

/** What the steps share. */
type Scene = {
  readonly stage: string;
  readonly instance: Instance;
  readonly organization: string;
  readonly repository: string;
  readonly image: string;
  readonly admin: Seat;
  readonly alice: Seat;
  readonly bob: Seat;
};

/** Steps 1 to 9. What it makes on an instance that goes on running has names of its own. */
export async function play(stage: string, instance: Instance): Promise<void> {
  prepareStage(stage, instance.settings);
  const admin = takeSeat(stage, "admin", instance.adminPassword ?? "", instance.settings);
  signIn(admin);
  const before = await type(admin, "countersign policy get --format json", { quiet: true });
  const organizations = await type(admin, "countersign org list -q", { quiet: true });
  const number = firstFree(organizations.split("\n"));
  const organization = `demo${number}`;
  const repository = `${instance.settings.host}/${organization}/web`;
  const seat = (name: string): Seat =>
    takeSeat(stage, `${name}${number}`, randomBytes(9).toString("base64url"), instance.settings);
  const scene: Scene = {
    stage,
    instance,
    organization,
    repository,
    image: `${repository}:1`,
    admin: withBundle(admin, instance.settings),
    alice: withBundle(seat("alice"), instance.settings),
    bob: withBundle(seat("bob"), instance.settings),
  };
  try {
    for (const step of [
      addresses,
      people,
      policy,
      unsigned,
      delegate,
      countersign,
      movedTag,
      lostApproval,
      cluster,
    ])
      await step(scene);
    heading("That was all");
    explain(
      "Every command above was run as it stands. The guides in docs/guides take the steps one by " +
        `one; the web UI shows the same at https://${instance.settings.host}.`,
    );
  } finally {
    await tidy(scene, before);
  }
}

function signIn(admin: Seat): void {
  const cli = join(projectDirectory, "dist/apps/cli/main.js");
  const ran = spawnSync(process.execPath, [cli, "login", "admin"], {
    stdio: ["inherit", "ignore", "inherit"],
    env: { ...admin.env, COUNTERSIGN_PASSWORD: admin.env["PASSWORD"] ?? "" },
  });
  if (ran.status !== 0) throw new Stop("the demo plays as admin: COUNTERSIGN_PASSWORD=… make demo");
}

function firstFree(names: readonly string[]): number {
  for (let number = 1; ; number++) if (!names.includes(`demo${number}`)) return number;
}

async function addresses({ admin }: Scene): Promise<void> {
  heading("1. Where everything is");
  explain("One server: registry, trust server, web UI and a gateway in front of the engine.");
  await type(admin, "countersign status", { shows: "ready" });
}

async function people({ admin, alice, bob, organization }: Scene): Promise<void> {
  heading("2. People, teams and client bundles");
  explain(
    "A team is what a policy asks for. A bundle holds a person's key and certificate: with it " +
      "docker speaks to the gateway, and the same key signs.",
  );
  await type(admin, `countersign org create ${organization}`);
  for (const [person, team] of [
    [alice, "qa"],
    [bob, "security"],
  ] as const) {
    const create = `countersign user create ${person.name}`;
    const withPassword = {
      ...admin,
      env: { ...admin.env, COUNTERSIGN_NEW_PASSWORD: person.env["PASSWORD"] ?? "" },
    };
    await type(withPassword, `${create} -q`);
    await type(admin, `countersign team create ${organization}/${team} --right write -q`);
    await type(admin, `countersign team add ${organization}/${team} ${person.name}`);
  }
  explain("Each signs in and takes a bundle. docker login is for the registry.");
  for (const person of [alice, bob]) {
    const { name } = person;
    const password = { ...person.env, COUNTERSIGN_PASSWORD: person.env["PASSWORD"] ?? "" };
    await type({ ...person, env: password }, `countersign login ${name}`);
    await type(person, "countersign bundle create --unpack -o bundle -q");
    await login(person);
  }
  await type(admin, "countersign bundle create admin --unpack -o bundle", { quiet: true });
  if (admin.env["PASSWORD"]) await login(admin, true);
}

async function login(seat: Seat, quiet = false): Promise<void> {
  const host = new URL(seat.env["COUNTERSIGN_SERVER"] ?? "").host;
  const command = `echo "$PASSWORD" | docker login -u ${seat.name} --password-stdin ${host}`;
  await type(seat, `${command} 2>/dev/null`, { quiet });
}

async function policy({ admin, organization }: Scene): Promise<void> {
  heading("3. Run only signed images");
  explain("From here on an image runs only if a member of each team has signed exactly it.");
  const teams = `${organization}/qa ${organization}/security`;
  await type(admin, `countersign policy set --mode enforce --require ${teams} --yes`);
}

async function unsigned({ stage, alice, image }: Scene): Promise<void> {
  heading("4. An unsigned image is refused");
  await makeImage(stage, alice, image, "the content that is going to be signed");
  await type(alice, `docker push -q ${image}`);
  await type(alice, `docker run --rm --network none ${image} cat /content`, {
    outcome: "fails",
    shows: "is refused",
  });
}

async function makeImage(stage: string, seat: Seat, image: string, content: string): Promise<void> {
  writeFileSync(join(stage, "rootfs/content"), `${content}\n`);
  const pack = `tar -C ${stage}/rootfs -c .`;
  await type(seat, `${pack} | docker import -c 'CMD ["sleep","1d"]' - ${image}`, { quiet: true });
  explain(`${seat.name} has built ${image}. Its file /content says: "${content}".`);
}

async function delegate({ admin, alice, bob, repository }: Scene): Promise<void> {
  heading("5. Who may sign: trust data and delegations");
  explain(
    "The owner of the repository makes its keys, lets the server manage the snapshot key, and " +
      "delegates: to targets/releases, which is what docker pull follows, and to a role for " +
      "each team. cert.pem comes from each signer's bundle.",
  );
  const certificate = (seat: Seat): string => `../${seat.name}/bundle/cert.pem`;
  if (findProgram("notary") === undefined) {
    for (const [role, seat] of [
      ["qa", alice],
      ["security", bob],
    ] as const) {
      const signer = `docker trust signer add --key ${certificate(seat)} ${role} ${repository}`;
      await type(admin, signer);
    }
    for (const person of [alice, bob]) await type(person, "docker trust key load bundle/key.pem");
    return;
  }
  await type(admin, `notary init -p ${repository}`);
  await type(admin, `notary key rotate ${repository} snapshot --server-managed`);
  const both = `${certificate(alice)} ${certificate(bob)}`;
  for (const [role, keys] of [
    ["targets/releases", both],
    ["targets/qa", certificate(alice)],
    ["targets/security", certificate(bob)],
  ] as const)
    await type(admin, `notary delegation add -p ${repository} ${role} --all-paths ${keys}`);
  explain("Each signer imports the key of the bundle, under a passphrase.");
  for (const person of [alice, bob]) await type(person, "notary key import bundle/key.pem");
  await type(admin, `notary delegation list ${repository}`, { shows: "targets/security" });
}

async function countersign({ alice, bob, image, organization }: Scene): Promise<void> {
  heading("6. Two signatures, then it runs");
  explain("alice signs with the push, as Docker Content Trust always did.");
  await type(alice, `DOCKER_CONTENT_TRUST=1 docker push ${image}`, {
    shows: "Successfully signed",
  });
  explain("Now one team is missing, and the refusal names it alone.");
  await type(alice, `docker run --rm --network none ${image} cat /content`, {
    outcome: "fails",
    shows: `team ${organization}/security`,
  });
  explain("bob signs the same tag.");
  await type(bob, `docker trust sign ${image}`, { shows: "Successfully signed" });
  await type(alice, `docker run --rm --network none ${image} cat /content`, {
    shows: "the content that is going to be signed",
  });
  await type(alice, `countersign why ${image}`, { shows: "admitted" });
}

async function movedTag({ stage, bob, alice, image }: Scene): Promise<void> {
  heading("7. Somebody pushes other content to the tag");
  await makeImage(stage, bob, image, "content that nobody has signed");
  await type(bob, `docker push -q ${image}`);
  explain("What runs is still what was signed: the gateway replaces the tag by the digest.");
  await type(alice, `docker run --rm --network none ${image} cat /content`, {
    shows: "the content that is going to be signed",
  });
}

async function lostApproval({ admin, alice, bob, image, organization }: Scene): Promise<void> {
  heading("8. A signer leaves the team");
  await type(alice, `docker run -d --network none --name ${organization}-web ${image}`);
  await type(admin, `countersign team remove ${organization}/security ${bob.name}`);
  explain("The signature is still there, but bob does not speak for security any more.");
  await type(alice, `docker run --rm --network none ${image} cat /content`, {
    outcome: "fails",
    shows: `${organization}/security`,
  });
  await type(admin, "countersign workloads", { shows: "refused" });
  await type(admin, `countersign team add ${organization}/security ${bob.name} -q`);
  await type(alice, `docker rm -f ${organization}-web`);
}

async function cluster(scene: Scene): Promise<void> {
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
  if (isFresh) await type(admin, "docker swarm init --advertise-addr 127.0.0.1", { quiet: true });
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

/** Puts the policy back and takes the demo's people out, on an instance that goes on running. */
async function tidy({ admin, alice, bob, organization }: Scene, before: string): Promise<void> {
  const policyBefore = JSON.parse(before) as { mode: string; requiredTeams: readonly string[] };
  const required =
    policyBefore.requiredTeams.length === 0
      ? "--require-none"
      : `--require ${policyBefore.requiredTeams.join(" ")}`;
  const commands = [
    `countersign policy set --mode ${policyBefore.mode} ${required} --yes`,
    `countersign team delete ${organization}/qa --yes`,
    `countersign team delete ${organization}/security --yes`,
    `countersign user set ${alice.name} --active off`,
    `countersign user set ${bob.name} --active off`,
  ];
  for (const command of commands) await type(admin, command, { quiet: true });
  say(`(The policy is as it was; ${alice.name} and ${bob.name} are inactive, their teams gone.)`);
}
