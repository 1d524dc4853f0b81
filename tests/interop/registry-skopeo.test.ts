import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestHex, digestOf } from "#domain/oci";
import {
  passwords,
  registryWorld,
  smallImage,
  type RegistryWorld,
} from "../../faces/registry/testing/registry-world.ts";
import { missing } from "../harness/peers.ts";
import { mustRun, runPeer, type Ran } from "../harness/peers-run.ts";

const index = "application/vnd.oci.image.index.v1+json";

describe.skipIf(missing("skopeo"))("skopeo", () => {
  let world: RegistryWorld;
  let folder = "";
  beforeAll(async () => {
    world = await registryWorld();
    folder = await mkdtemp(join(tmpdir(), "countersign-skopeo-"));
    await writeFile(join(folder, "policy.json"), '{"default":[{"type":"insecureAcceptAnything"}]}');
    await mkdir(join(folder, "certs"));
    await writeFile(join(folder, "certs", "ca.crt"), await readFile(world.certificateFile));
    await writeLayout(join(folder, "layout"));
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const global = (): readonly string[] => [
    "--policy",
    join(folder, "policy.json"),
    "--tmpdir",
    folder,
  ];
  const certs = (side = ""): string => `--${side}cert-dir=${join(folder, "certs")}`;
  const creds = (account: string, side = ""): string =>
    `--${side}creds=${account}:${passwords.get(account) ?? ""}`;
  const at = (name: string): string => `docker://${world.host}/${name}`;
  const must = (...args: readonly string[]): Promise<string> =>
    mustRun("skopeo", [...global(), ...args]);
  const tried = (...args: readonly string[]): Promise<Ran> =>
    runPeer("skopeo", [...global(), ...args]);
  const push = (name: string, ...more: readonly string[]): Promise<string> =>
    must(
      "copy",
      certs("dest-"),
      creds("alice", "dest-"),
      ...more,
      `oci:${folder}/layout:both`,
      at(name),
    );

  test("an index with two images goes in and comes out the same", async () => {
    await push("acme/skopeo:both", "--all", "--preserve-digests");
    await must(
      ...["copy", "--all", "--preserve-digests", certs("src-"), creds("bob", "src-")],
      ...[at("acme/skopeo:both"), `oci:${folder}/back:both`],
    );
    const before = JSON.parse(await readFile(join(folder, "layout/index.json"), "utf8")) as Index;
    const after = JSON.parse(await readFile(join(folder, "back/index.json"), "utf8")) as Index;
    expect(after.manifests[0]?.digest).toBe(before.manifests[0]?.digest);
  });

  test("Docker's own manifest format goes in too", async () => {
    await push(
      "acme/skopeo:docker",
      "--format=v2s2",
      "--override-arch=amd64",
      "--override-os=linux",
    );
    const raw = await must("inspect", "--raw", certs(), creds("bob"), at("acme/skopeo:docker"));
    expect(JSON.parse(raw)).toMatchObject({
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    });
  });

  test("an image moves from one repository to another", async () => {
    await push("acme/first:both", "--all");
    await must(
      ...["copy", "--all", certs("src-"), creds("alice", "src-"), certs("dest-")],
      ...[creds("alice", "dest-"), at("acme/first:both"), at("acme/second:both")],
    );
    const raw = (name: string): Promise<string> =>
      must("inspect", "--raw", certs(), creds("bob"), at(name));
    expect(await raw("acme/second:both")).toBe(await raw("acme/first:both"));
  });

  test("tags are listed and deleted", async () => {
    await push("acme/tags:1", "--all");
    await push("acme/tags:2", "--all");
    const list = async (): Promise<unknown> =>
      JSON.parse(await must("list-tags", certs(), creds("alice"), at("acme/tags")));
    expect(await list()).toMatchObject({ Tags: ["1", "2"] });
    await must("delete", certs(), creds("alice"), at("acme/tags:1"));
    expect(await list()).toMatchObject({ Tags: [] });
  });

  test("who may only read cannot push, and who is nobody cannot read", async () => {
    const pushed = await tried(
      ...["copy", certs("dest-"), creds("bob", "dest-"), "--override-arch=amd64"],
      ...[`oci:${folder}/layout:both`, at("acme/bob:1")],
    );
    expect(pushed.exitCode).not.toBe(0);
    expect(pushed.err).toMatch(/denied|unauthorized|authentication required/);
    await push("acme/private:1", "--all");
    const read = await tried("inspect", "--raw", "--no-creds", certs(), at("acme/private:1"));
    expect(read.exitCode).not.toBe(0);
    const wrong = await tried(
      "inspect",
      "--raw",
      "--creds=alice:wrong",
      certs(),
      at("acme/private:1"),
    );
    expect(wrong.err).toMatch(/incorrect username or password|invalid username\/password/);
  });
});

type Index = { readonly manifests: readonly { readonly digest: string }[] };

/** An OCI image layout with one index over two images. */
async function writeLayout(folder: string): Promise<void> {
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  const keep = async (bytes: Buffer): Promise<void> =>
    await writeFile(join(blobs, digestHex(digestOf(bytes))), bytes);
  const manifests: object[] = [];
  for (const architecture of ["amd64", "arm64"]) {
    const image = smallImage(architecture);
    for (const blob of [...image.blobs, image.manifest]) await keep(blob);
    manifests.push({
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.manifest.length,
      platform: { os: "linux", architecture },
    });
  }
  const both = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: index, manifests }));
  await keep(both);
  const pointer = {
    mediaType: index,
    digest: digestOf(both),
    size: both.length,
    annotations: { "org.opencontainers.image.ref.name": "both" },
  };
  await writeFile(
    join(folder, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [pointer] }),
  );
  await writeFile(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}
