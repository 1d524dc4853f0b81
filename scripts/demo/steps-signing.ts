import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../install.ts";
import { explain, heading, type, type Seat } from "./narrator.ts";
import type { Scene } from "./scene.ts";

export async function unsigned({ stage, alice, image }: Scene): Promise<void> {
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

export async function delegate({ admin, alice, bob, repository }: Scene): Promise<void> {
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

export async function countersign({ alice, bob, image, organization }: Scene): Promise<void> {
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

export async function movedTag({ stage, bob, alice, image }: Scene): Promise<void> {
  heading("7. Somebody pushes other content to the tag");
  await makeImage(stage, bob, image, "content that nobody has signed");
  await type(bob, `docker push -q ${image}`);
  explain("What runs is still what was signed: the gateway replaces the tag by the digest.");
  await type(alice, `docker run --rm --network none ${image} cat /content`, {
    shows: "the content that is going to be signed",
  });
}

export async function lostApproval({
  admin,
  alice,
  bob,
  image,
  organization,
}: Scene): Promise<void> {
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
