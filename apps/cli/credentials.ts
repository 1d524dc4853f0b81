import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { CliError } from "./errors.ts";

const Stored = z.strictObject({
  servers: z.array(
    z.strictObject({
      server: z.string(),
      user: z.string(),
      token: z.string(),
      expiresAt: z.int(),
    }),
  ),
});
/** A session that `login` has opened with a server. */
export type Credential = z.infer<typeof Stored>["servers"][number];

/** The stored session with `server`, or undefined. Throws `cli/credentials-malformed`. */
export async function findCredential(
  file: string,
  server: string,
): Promise<Credential | undefined> {
  return (await readAll(file)).find((credential) => credential.server === server);
}

/** Stores a session in place of an older one with the same server; nobody else can read the file. */
export async function storeCredential(file: string, credential: Credential): Promise<void> {
  const others = (await readAll(file)).filter(({ server }) => server !== credential.server);
  await writeAll(file, [...others, credential]);
}

/** Forgets the session with `server`; nothing happens where there is none. */
export async function forgetCredential(file: string, server: string): Promise<void> {
  const all = await readAll(file);
  const others = all.filter((credential) => credential.server !== server);
  if (others.length < all.length) await writeAll(file, others);
}

async function readAll(file: string): Promise<readonly Credential[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  const malformed = (cause?: unknown): CliError =>
    new CliError(
      "cli/credentials-malformed",
      "the stored sign-in cannot be read",
      `delete ${file} and run: countersign login`,
      { cause },
    );
  try {
    const read = Stored.safeParse(JSON.parse(text));
    if (read.success) return read.data.servers;
  } catch (error) {
    throw malformed(error);
  }
  throw malformed();
}

async function writeAll(file: string, servers: readonly Credential[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.new`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ servers }, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
