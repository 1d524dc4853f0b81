import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { mustRun } from "../harness/peers-run.ts";
import { missing } from "../harness/peers.ts";
import { seatOf, type Client } from "./drop-in-lab.ts";

let pair: ServerPair;
const gun = "registry.test/acme/pinned";

describe.skipIf(missing("notary", "notary-server", "openssl"))("pins of a first root", () => {
  beforeAll(async () => {
    pair = await startServerPair();
  });
  afterAll(async () => await pair[Symbol.asyncDispose]());

  test("both clients believe a root that its pinned CA has certified, and no other", async () => {
    const { url } = pair.go;
    const bench = { directory: pair.directory, url, caFile: pair.caFile };
    const owner = await seatOf(bench, "ours", "owner");
    const openssl = (line: string): Promise<string> =>
      mustRun("openssl", line.split(" "), { cwd: owner.home });
    for (const ca of ["ca", "other"])
      await openssl(
        `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${ca}.key -out ${ca}.crt -subj /CN=${ca} -days 30`,
      );
    await openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out root.key");
    await writeFile(join(owner.home, "leaf.cnf"), "basicConstraints=critical,CA:FALSE\n");
    const name = gun.replaceAll("/", "\\/");
    await openssl(`req -new -key root.key -subj /CN=${name} -out root.csr`);
    await openssl(
      "x509 -req -in root.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile leaf.cnf -out root.crt",
    );
    await owner.must(["key", "import", "root.key", "-r", "root"]);
    await owner.must(["init", "-p", gun, "--rootcert", "root.crt"]);

    const read = async (client: Client, pinning: object): Promise<string> => {
      const config = join(owner.home, `${client}.json`);
      await writeFile(config, JSON.stringify({ trust_pinning: pinning }));
      const trust = `read-${client}-${Math.random().toString(36).slice(2)}`;
      const globals = ["-c", config, "-s", url, "--tlscacert", pair.caFile, "-d", trust];
      const seat = await seatOf(bench, client, "owner");
      return (await seat.run(["list", gun], { globals })).out;
    };
    const pinnings = [
      { ca: { "registry.test/": "ca.crt" } },
      { ca: { "registry.test/": "ca.crt" }, disable_tofu: true },
      { ca: { "registry.test/": "other.crt" } },
      { ca: { "registry.test/": "other.crt", "registry.test/acme": "ca.crt" } },
      { ca: { "registry.test/": "none.crt" } },
      { certs: { [gun]: ["ab".repeat(32)] }, ca: { "registry.test/": "ca.crt" } },
      { certs: { "registry.test/*": ["ab".repeat(32)] } },
      { disable_tofu: true },
    ];
    const answers: string[] = [];
    for (const pinning of pinnings) {
      const answer = await read("ours", pinning);
      expect.soft(answer, JSON.stringify(pinning)).toBe(await read("go", pinning));
      answers.push(answer);
    }
    const isBelieved = answers.map((answer) => !answer.includes("fatal"));
    expect(isBelieved).toEqual([true, true, false, true, false, false, false, false]);
  }, 60_000);
});
