import { pack, type Header } from "tar-stream";
import { digestHex, digestOf, type Digest } from "#domain/oci";

export type MadeEntry = Partial<Header> & { readonly name: string; readonly body?: Uint8Array };

/** A tar archive. */
export async function tar(entries: readonly MadeEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { body, ...header } of entries)
    if (body === undefined) archive.entry(header);
    else archive.entry(header, Buffer.from(body));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

export type MadeImage = {
  readonly layers: readonly Buffer[];
  readonly config: Buffer;
  readonly configDigest: Digest;
};

/** An image with a layer for each text. */
export async function imageOf(...texts: readonly string[]): Promise<MadeImage> {
  const layers: Buffer[] = [];
  for (const text of texts) layers.push(await tar([{ name: "text", body: Buffer.from(text) }]));
  const config = json({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: layers.map((layer) => digestOf(layer)) },
  });
  return { layers, config, configDigest: digestOf(config) };
}

/** The entries of an archive as `docker save` 20.10 writes it; `change` may make a fool of its reader. */
export function dockerArchive(
  { layers, config, configDigest }: MadeImage,
  change: {
    readonly tags?: readonly string[];
    readonly manifest?: (honest: readonly object[]) => unknown;
  } = {},
): readonly MadeEntry[] {
  const names = layers.map((_, at) => `${at}/layer.tar`);
  const Config = `${digestHex(configDigest)}.json`;
  const manifest = [{ Config, RepoTags: change.tags ?? ["acme/web:1"], Layers: names }];
  return [
    ...layers.map((body, at) => ({ name: names[at] ?? "", body })),
    { name: Config, body: config },
    { name: "manifest.json", body: json(change.manifest?.(manifest) ?? manifest) },
  ];
}
