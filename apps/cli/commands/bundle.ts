import type { Bundle } from "#contracts";
import type { Command } from "commander";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, extname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { CliError } from "../errors.ts";
import type { Cli } from "../program.ts";
import { userOr } from "../session.ts";
import { fields } from "../text.ts";
import { examples } from "./example.ts";

const CreateOptions = z.object({
  label: z.string().optional(),
  output: z.string().optional(),
  unpack: z.boolean().default(false),
});

export function addBundle(program: Command, cli: Cli): void {
  program
    .command("bundle")
    .description("client bundles: a new key and certificate for docker and for signing")
    .command("create")
    .description("make a bundle and write its two archives: for the shell, and for a context")
    .argument("[user]", "yourself when left out")
    .option("--label <text>", "what the key is for")
    .option("-o, --output <directory>", "where to write")
    .option("--unpack", "write the files themselves into the directory")
    .addHelpText(
      "after",
      examples("bundle create alice --label laptop", "bundle create alice --unpack -o alice") +
        "\nThen: source alice/env.sh, or docker context import NAME ARCHIVE\n",
    )
    .action((user: string | undefined, options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { label, output, unpack } = CreateOptions.parse(options);
        const name = await userOr(session, user);
        const directory = resolve(
          cli.world.workingDirectory,
          output ?? (unpack ? `bundle-${name}` : "."),
        );
        if (unpack) await makeEmpty(directory);
        else await mkdir(directory, { recursive: true });
        const bundle = await session.client("createBundle", {
          params: { user: name },
          body: label === undefined ? {} : { label },
        });
        const files = unpack
          ? await unpackInto(directory, bundle)
          : [
              await writeBeside(directory, bundle.bundle),
              await writeBeside(directory, bundle.context),
            ];
        const written = files.map((file) => shortPath(cli.world.workingDirectory, file));
        session.show({
          json: { key: bundle.key, files: written },
          ids: written,
          text: fields([
            ["key", bundle.key.fingerprint],
            ["label", bundle.key.label],
            ...written.map((file) => ["wrote", file] as const),
          ]),
        });
        return undefined;
      }),
    );
}

/** From here when it lies below, else in full. */
function shortPath(from: string, file: string): string {
  const path = relative(from, file);
  return path.startsWith("..") ? file : path;
}

/** A private key is about to be written here: only its owner may look, and nothing may be mixed with it. */
async function makeEmpty(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0)
    throw new CliError(
      "cli/file-in-the-way",
      `${directory} is not empty`,
      "name another directory with -o",
    );
}

async function unpackInto(directory: string, bundle: Bundle): Promise<string[]> {
  const { unzipSync } = await import("fflate"); // here alone: other commands start without it
  const written: string[] = [];
  for (const [name, bytes] of Object.entries(unzipSync(decode(bundle.bundle.base64)))) {
    if (name !== basename(name) || name.startsWith("."))
      throw new CliError("cli/archive-malformed", "the bundle holds a file with a strange name");
    const file = join(directory, name);
    await writeFile(file, bytes, { mode: 0o600, flag: "wx" });
    written.push(file);
  }
  written.push(await writeBeside(directory, bundle.context));
  return written;
}

type Archive = Bundle["bundle"];

/** Writes an archive under its own name, or the next free one: it cannot be fetched a second time. */
async function writeBeside(directory: string, archive: Archive): Promise<string> {
  const plain = basename(archive.fileName);
  const extension = extname(plain);
  const stem = plain.slice(0, plain.length - extension.length);
  for (let copy = 1; ; copy++) {
    const file = join(directory, copy === 1 ? plain : `${stem}-${copy}${extension}`);
    try {
      await writeFile(file, decode(archive.base64), { mode: 0o600, flag: "wx" });
      return file;
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EEXIST";
      if (!isTaken || copy >= 1000) throw error;
    }
  }
}

const decode = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
