import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { commandFile } from "../build.ts";
import { say } from "../say.ts";
import { Stop } from "../settings.ts";
import type { Instance } from "./instance.ts";
import { explain, heading, type, type Seat } from "./narrator.ts";
import type { Scene } from "./scene.ts";
import { prepareStage, takeSeat, withBundle } from "./seats.ts";
import { cluster } from "./steps-cluster.ts";
import { addresses, people, policy } from "./steps-people.ts";
import { countersign, delegate, lostApproval, movedTag, unsigned } from "./steps-signing.ts";

/** Steps 1 to 9. What it makes on an instance that goes on running has names of its own. */
export async function play(stage: string, instance: Instance): Promise<void> {
  prepareStage(stage, instance.settings);
  const admin = takeSeat(stage, "admin", instance.adminPassword ?? "", instance.settings);
  signIn(admin);
  const before = await type(admin, "countersign policy get --format json", { quiet: true });
  const names = ["org", "user"].map((kind) => `countersign ${kind} list -q`).join(" && ");
  const suffix = firstFree((await type(admin, names, { quiet: true })).split("\n"));
  const organization = `acme${suffix}`;
  const repository = `${instance.settings.host}/${organization}/web`;
  const seat = (name: string): Seat =>
    takeSeat(stage, `${name}${suffix}`, randomBytes(9).toString("base64url"), instance.settings);
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
  const cli = commandFile("countersign");
  const ran = spawnSync(process.execPath, [cli, "login", "admin"], {
    stdio: ["inherit", "ignore", "inherit"],
    env: { ...admin.env, COUNTERSIGN_PASSWORD: admin.env["PASSWORD"] ?? "" },
  });
  if (ran.status !== 0) throw new Stop("the demo plays as admin: COUNTERSIGN_PASSWORD=… make demo");
}

/** Nothing the first time, then 2, 3, …: so that nobody of that name is there yet. */
function firstFree(taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? "" : String(number);
    if (["acme", "alice", "bob"].every((name) => !taken.includes(`${name}${suffix}`)))
      return suffix;
  }
}

/** Puts the policy back and takes the demo's people out, on an instance that goes on running. */
async function tidy({ admin, alice, bob, organization }: Scene, before: string): Promise<void> {
  const earlier = JSON.parse(before) as {
    mode: string;
    requiredTeams: readonly string[];
    minimums?: readonly { team: string; people: number }[];
  };
  const teams = earlier.requiredTeams.join(" ");
  const minimums = (earlier.minimums ?? []).map(({ team, people: count }) => `${team}=${count}`);
  const policyBefore = [
    `countersign policy set --yes --mode ${earlier.mode}`,
    teams === "" ? "--require-none" : `--require ${teams}`,
    ...(minimums.length === 0 ? [] : [`--minimum ${minimums.join(" ")}`]),
  ].join(" ");
  await type(admin, policyBefore, { quiet: true });
  for (const command of [
    `docker rm -f ${organization}-web`,
    `countersign team delete ${organization}/qa --yes`,
    `countersign team delete ${organization}/security --yes`,
    `countersign user set ${alice.name} --active off`,
    `countersign user set ${bob.name} --active off`,
  ])
    await type(admin, command, { quiet: true, outcome: "either" });
  say(`(The policy is as it was; ${alice.name} and ${bob.name} are inactive, their teams gone.)`);
}
