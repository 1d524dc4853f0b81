import { expect, test } from "vitest";
import { parseAccountName } from "#domain/identity";
import { digestOf, parseRepositoryName, parseTag, type Digest } from "#domain/oci";
import type { RegistryStore } from "../ports.ts";
import type { NewManifest } from "../records.ts";
import { newUploadId } from "../upload-id.ts";

const o = { signal: new AbortController().signal };
const web = parseRepositoryName("acme/web");
const api = parseRepositoryName("acme/api");
const alice = parseAccountName("alice");
const bob = parseAccountName("bob");
const deed = { at: 1_000, by: alice };
const digest = (text: string): Digest => digestOf(Buffer.from(text));
const one = parseTag("1");
const everything = { after: undefined, limit: 100 };

function manifest(text: string, more: Partial<NewManifest> = {}): NewManifest {
  const bytes = new TextEncoder().encode(text);
  return {
    repository: web,
    digest: digestOf(bytes),
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    bytes,
    artifactType: undefined,
    subject: undefined,
    annotations: new Map(),
    requires: [],
    ...more,
  };
}

/** What every `RegistryStore` promises. `open` gives a store that is empty. */
export function registryStoreSuite(open: () => Promise<RegistryStore>): void {
  test("a repository comes to be with its first blob, private and of whoever pushed", async () => {
    const store = await open();
    expect(await store.repository(web, o)).toBeUndefined();
    await store.linkBlob(web, { digest: digest("a"), size: 1 }, deed, o);
    await store.linkBlob(web, { digest: digest("b"), size: 1 }, { at: 2_000, by: bob }, o);
    expect(await store.repository(web, o)).toEqual({
      name: web,
      visibility: "private",
      createdAt: 1_000,
      createdBy: alice,
    });
  });

  test("a repository is made once and shown or hidden", async () => {
    const store = await open();
    const made = { name: api, visibility: "public", createdAt: 5, createdBy: undefined } as const;
    expect(await store.createRepository(made, o)).toBe(true);
    expect(await store.createRepository({ ...made, visibility: "private" }, o)).toBe(false);
    expect(await store.repository(api, o)).toEqual(made);
    expect(await store.setVisibility(api, "private", o)).toBe(true);
    expect(await store.setVisibility(web, "private", o)).toBe(false);
    expect((await store.repository(api, o))?.visibility).toBe("private");
  });

  test("repositories are listed by name, a page at a time", async () => {
    const store = await open();
    for (const name of ["b", "a/b", "c", "a"].map(parseRepositoryName))
      await store.linkBlob(name, { digest: digest("a"), size: 1 }, deed, o);
    const names = async (after: string | undefined, limit: number): Promise<readonly string[]> => {
      const from = after === undefined ? undefined : parseRepositoryName(after);
      return (await store.repositories({ after: from, limit }, o)).map(({ name }) => name);
    };
    expect(await names(undefined, 2)).toEqual(["a", "a/b"]);
    expect(await names("a/b", 5)).toEqual(["b", "c"]);
    expect(await names("c", 5)).toEqual([]);
  });

  test("a blob is of the repository it was put into and of no other", async () => {
    const store = await open();
    await store.linkBlob(web, { digest: digest("a"), size: 7 }, deed, o);
    expect(await store.blobSize(web, digest("a"), o)).toBe(7);
    expect(await store.blobSize(api, digest("a"), o)).toBeUndefined();
    const mount = { from: web, to: api, digest: digest("a") };
    expect(await store.mountBlob({ ...mount, digest: digest("b") }, deed, o)).toBe(false);
    expect(await store.mountBlob({ ...mount, from: api }, deed, o)).toBe(false);
    expect(await store.repository(api, o)).toBeUndefined();
    expect(await store.mountBlob(mount, deed, o)).toBe(true);
    expect(await store.mountBlob(mount, deed, o)).toBe(true);
    expect(await store.blobSize(api, digest("a"), o)).toBe(7);
  });

  test("a blob that a manifest requires cannot be taken out", async () => {
    const store = await open();
    const a = { digest: digest("a"), size: 1 };
    await store.linkBlob(web, a, deed, o);
    await store.linkBlob(api, a, deed, o);
    const needs = manifest("m", { requires: [{ ...a, mayBeManifest: false }] });
    await store.putManifest(needs, undefined, deed, o);
    expect(await store.unlinkBlob(web, a.digest, o)).toBe("in-use");
    expect(await store.unlinkBlob(api, a.digest, o)).toBe("removed");
    expect(await store.unlinkBlob(api, a.digest, o)).toBe("unknown");
    expect(await store.deleteManifest(web, needs.digest, deed, o)).toBe("removed");
    expect(await store.unlinkBlob(web, a.digest, o)).toBe("removed");
    expect(await store.isLinked(a.digest, o)).toBe(false);
  });

  test("old blobs that nothing requires are unlinked, young and needed ones stay", async () => {
    const store = await open();
    const blob = (name: string) => ({ digest: digest(name), size: 1 });
    await store.linkBlob(web, blob("needed"), deed, o);
    await store.linkBlob(web, blob("old"), deed, o);
    await store.linkBlob(web, blob("again"), deed, o);
    await store.linkBlob(web, blob("again"), { at: 3_000, by: alice }, o);
    await store.linkBlob(web, blob("young"), { at: 3_000, by: alice }, o);
    await store.linkBlob(web, blob("touched"), deed, o);
    expect(await store.touchBlob(web, digest("touched"), 3_000, o)).toBe(1);
    expect(await store.touchBlob(api, digest("touched"), 3_000, o)).toBeUndefined();
    const requires = [{ ...blob("needed"), mayBeManifest: false }];
    await store.putManifest(manifest("m", { requires }), undefined, deed, o);
    expect(await store.unlinkUnneeded(2_000, o)).toBe(1);
    expect(await store.isLinked(digest("old"), o)).toBe(false);
    for (const name of ["needed", "again", "young", "touched"])
      expect(await store.isLinked(digest(name), o)).toBe(true);
  });

  test("a manifest is stored with all it requires or not at all", async () => {
    const store = await open();
    const requires = [{ digest: digest("a"), size: 1, mayBeManifest: false }];
    const put = manifest("m", { requires });
    const absent = { code: "registry/reference-absent" };
    await expect(store.putManifest(put, one, deed, o)).rejects.toMatchObject(absent);
    expect(await store.repository(web, o)).toBeUndefined();
    await store.linkBlob(api, { digest: digest("a"), size: 1 }, deed, o);
    await expect(store.putManifest(put, one, deed, o)).rejects.toMatchObject(absent);
    await store.linkBlob(web, { digest: digest("a"), size: 2 }, deed, o);
    await expect(store.putManifest(put, one, deed, o)).rejects.toMatchObject(absent);
    expect(await store.resolveTag(web, one, o)).toBeUndefined();
  });

  test("a manifest comes back byte for byte", async () => {
    const store = await open();
    const put = manifest('{ "a": "\u00e9\\u0000" }\n');
    await store.putManifest(put, one, deed, o);
    const found = await store.manifest(web, put.digest, o);
    expect(found).toMatchObject({ mediaType: put.mediaType, pushedAt: 1_000, pushedBy: alice });
    expect(digestOf(found?.bytes ?? new Uint8Array())).toBe(put.digest);
    expect(await store.manifest(api, put.digest, o)).toBeUndefined();
  });

  test("an index counts its children and keeps them from being deleted", async () => {
    const store = await open();
    const a = { digest: digest("a"), size: 10 };
    await store.linkBlob(web, a, deed, o);
    const child = manifest("child", { requires: [{ ...a, mayBeManifest: false }] });
    await store.putManifest(child, undefined, deed, o);
    const requires = [{ digest: child.digest, size: 5, mayBeManifest: true }];
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const index = manifest("index!", { mediaType, requires });
    await store.putManifest(index, one, deed, o);
    const [record] = await store.tags(web, everything, o);
    expect(record).toMatchObject({ mediaType, size: 10 + 5 + 6 });
    expect(await store.deleteManifest(web, child.digest, deed, o)).toBe("in-use");
    expect(await store.deleteManifest(web, index.digest, deed, o)).toBe("removed");
    expect(await store.deleteManifest(web, child.digest, deed, o)).toBe("removed");
    expect(await store.deleteManifest(web, child.digest, deed, o)).toBe("unknown");
  });

  test("a config may not be a manifest of the repository", async () => {
    const store = await open();
    const other = manifest("other");
    await store.putManifest(other, undefined, deed, o);
    const requires = [{ digest: other.digest, size: 5, mayBeManifest: false }];
    await expect(
      store.putManifest(manifest("m", { requires }), undefined, deed, o),
    ).rejects.toMatchObject({ code: "registry/reference-absent" });
  });

  test("tags move, and who moved them where and when is kept", async () => {
    const store = await open();
    const [first, second] = [manifest("first"), manifest("second")];
    await store.putManifest(first, one, deed, o);
    await store.putManifest(second, one, { at: 2_000, by: bob }, o);
    await store.putManifest(second, one, { at: 3_000, by: undefined }, o);
    expect(await store.resolveTag(web, one, o)).toBe(second.digest);
    expect(await store.tags(web, everything, o)).toEqual([
      {
        tag: one,
        digest: second.digest,
        mediaType: second.mediaType,
        size: 6,
        pushedAt: 3_000,
        pushedBy: undefined,
      },
    ]);
    expect(await store.deleteTag(web, one, { at: 4_000, by: alice }, o)).toBe(true);
    expect(await store.deleteTag(web, one, { at: 5_000, by: alice }, o)).toBe(false);
    expect(await store.tagMoves(web, one, 10, o)).toEqual([
      { digest: undefined, at: 4_000, by: alice },
      { digest: second.digest, at: 2_000, by: bob },
      { digest: first.digest, at: 1_000, by: alice },
    ]);
    expect(await store.tagMoves(web, one, 1, o)).toHaveLength(1);
    expect(await store.manifest(web, second.digest, o)).toBeDefined();
  });

  test("deleting a manifest takes its tags along", async () => {
    const store = await open();
    const put = manifest("m");
    await store.putManifest(put, one, deed, o);
    await store.putManifest(put, parseTag("2"), deed, o);
    await store.putManifest(manifest("n"), parseTag("3"), deed, o);
    await store.deleteManifest(web, put.digest, { at: 9_000, by: bob }, o);
    expect((await store.tags(web, everything, o)).map(({ tag }) => tag)).toEqual(["3"]);
    const [last] = await store.tagMoves(web, one, 1, o);
    expect(last).toEqual({ digest: undefined, at: 9_000, by: bob });
  });

  test("tags are listed byte for byte, a page at a time", async () => {
    const store = await open();
    for (const tag of ["b", "B", "_", "10", "9", "a.1"])
      await store.putManifest(manifest("m"), parseTag(tag), deed, o);
    const names = async (after: string | undefined, limit: number): Promise<readonly string[]> => {
      const from = after === undefined ? undefined : parseTag(after);
      return (await store.tags(web, { after: from, limit }, o)).map(({ tag }) => tag);
    };
    expect(await names(undefined, 3)).toEqual(["10", "9", "B"]);
    expect(await names("B", 10)).toEqual(["_", "a.1", "b"]);
  });

  test("manifests about a subject are found, also before the subject is there", async () => {
    const store = await open();
    const subject = digest("later");
    const annotations = new Map([["__proto__", "x"]]);
    const sbom = manifest("sbom", { subject, artifactType: "a/sbom", annotations });
    const signature = manifest("signature", { subject, artifactType: "a/signature" });
    for (const each of [sbom, signature, manifest("other", { subject: digest("else") })])
      await store.putManifest(each, undefined, deed, o);
    const query = { repository: web, subject, artifactType: undefined, ...everything };
    const all = await store.referrers(query, o);
    expect(all.map((each) => each.digest)).toEqual([sbom.digest, signature.digest].toSorted());
    expect(await store.referrers({ ...query, artifactType: "a/sbom" }, o)).toEqual([
      {
        digest: sbom.digest,
        mediaType: sbom.mediaType,
        size: 4,
        artifactType: "a/sbom",
        annotations,
      },
    ]);
    const [first] = await store.referrers({ ...query, limit: 1 }, o);
    expect(await store.referrers({ ...query, after: first?.digest }, o)).toEqual(all.slice(1));
    expect(await store.referrers({ ...query, repository: api }, o)).toEqual([]);
  });

  test("uploads are remembered with their repository until they are closed", async () => {
    const store = await open();
    const upload = { id: newUploadId(), repository: web, startedAt: 1_000 };
    await store.openUpload(upload, o);
    expect(await store.upload(upload.id, o)).toEqual(upload);
    expect(await store.uploadsStartedBefore(1_000, 10, o)).toEqual([]);
    expect(await store.uploadsStartedBefore(1_001, 10, o)).toEqual([upload]);
    await store.closeUpload(upload.id, o);
    expect(await store.upload(upload.id, o)).toBeUndefined();
  });

  test("a deleted repository leaves nothing behind", async () => {
    const store = await open();
    const a = { digest: digest("a"), size: 1 };
    await store.linkBlob(web, a, deed, o);
    const requires = [{ ...a, mayBeManifest: false }];
    await store.putManifest(manifest("m", { requires }), one, deed, o);
    expect(await store.deleteRepository(web, o)).toBe(true);
    expect(await store.deleteRepository(web, o)).toBe(false);
    expect(await store.isLinked(a.digest, o)).toBe(false);
    expect(await store.tags(web, everything, o)).toEqual([]);
    expect(await store.tagMoves(web, one, 10, o)).toEqual([]);
  });
}
