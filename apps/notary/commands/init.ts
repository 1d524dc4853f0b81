import { SignerError, type HeldKey } from "#services/signer";
import { failure } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { openCollection, type Session } from "../session.ts";
import { withSigner } from "../signing.ts";
import { publishIfAsked } from "../staging.ts";
import { readNamed } from "../named-file.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, flags } = invocation;
  const { gun, session } = await openCollection(invocation);
  const keyFile = flags.text("rootkey");
  const certificateFile = flags.text("rootcert");
  const imported = keyFile === "" ? undefined : await importRoot(session, keyFile);
  const rootCertificate =
    certificateFile === ""
      ? undefined
      : (await readNamed(world, certificateFile, "error reading certificate: ")).toString();
  const held = imported ?? (await firstRoot(session));
  if (held !== undefined) world.out(`Root key found, using: ${held.id}\n`);
  await withSigner(session, gun, "push,pull", (signer) =>
    signer.init(
      gun,
      {
        ...(held === undefined ? {} : { rootKey: held.id }),
        ...(rootCertificate === undefined ? {} : { rootCertificate }),
        serverKeepsSnapshot: false,
      },
      session,
    ),
  );
  await publishIfAsked(invocation, session, gun);
}

async function firstRoot(session: Session): Promise<HeldKey | undefined> {
  const keys = await session.directory.keys.list(session);
  return keys.find(({ role }) => role === "root");
}

async function importRoot(session: Session, path: string): Promise<HeldKey> {
  const before = "Error reading input root key file: ";
  const pem = (await readNamed(session.world, path, before)).toString();
  if (!/ENCRYPTED/.test(pem)) throw failure("only encrypted root keys may be imported");
  const [key] = await session.directory.keys
    .importPem(pem, { role: "root", opens: true }, session)
    .catch((error: unknown) => {
      if (error instanceof SignerError && error.code === "signer/key-unreadable")
        throw failure(`${before}${error.message}`, error);
      throw error;
    });
  if (key === undefined) throw failure(`${before}it holds no key`);
  return key;
}
