import { explain, heading, type, type Seat } from "./narrator.ts";
import type { Scene } from "./scene.ts";

export async function addresses({ admin }: Scene): Promise<void> {
  heading("1. Where everything is");
  explain("One server: registry, trust server, web UI and a gateway in front of the engine.");
  await type(admin, "countersign status", { shows: "ready" });
}

export async function people({ admin, alice, bob, organization }: Scene): Promise<void> {
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

export async function policy({ admin, organization }: Scene): Promise<void> {
  heading("3. Run only signed images");
  explain("From here on an image runs only if a member of each team has signed exactly it.");
  const teams = `${organization}/qa ${organization}/security`;
  await type(admin, `countersign policy set --mode enforce --require ${teams} --yes`);
}
