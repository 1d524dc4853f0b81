import { resolve } from "node:path";
import type { PinRequest, Token } from "#adapters/pkcs11";
import type { Options } from "#domain/kernel";
import { SignerError, type KeyStore } from "#services/signer";
import { CliError } from "../errors.ts";
import { firstLine, readNamedFile } from "../named-file.ts";
import type { World } from "../world.ts";

export type TokenOptions = {
  readonly pkcs11Module?: string | undefined;
  readonly pkcs11Token?: string | undefined;
};
/** The token that was configured, opened when it is first needed. */
export type ConfiguredToken = AsyncDisposable & { readonly keys: KeyStore };

/** `--pkcs11-module` or COUNTERSIGN_PKCS11_MODULE; undefined where no token is wanted. */
export function tokenModule({ pkcs11Module }: TokenOptions, world: World): string | undefined {
  const named = pkcs11Module ?? (world.env["COUNTERSIGN_PKCS11_MODULE"] || undefined);
  return named === undefined ? undefined : resolve(world.workingDirectory, named);
}

export function configuredToken(options: TokenOptions, world: World): ConfiguredToken | undefined {
  const module = tokenModule(options, world);
  const label = options.pkcs11Token ?? (world.env["COUNTERSIGN_PKCS11_TOKEN"] || undefined);
  if (module === undefined) return undefined;
  let opening: Promise<Token> | undefined;
  const open = async (): Promise<Token> => {
    const { openToken } = await import("#adapters/pkcs11");
    const settings = { module, ...(label === undefined ? {} : { label }) };
    return await openToken(settings, { pin: (request, o) => askPin(request, world, o) });
  };
  const keys = async (): Promise<KeyStore> => (await (opening ??= open())).keys;
  return {
    keys: {
      list: async (o) => await (await keys()).list(o),
      open: async (id, o) => await (await keys()).open(id, o),
      generate: async (purpose, o) => await (await keys()).generate(purpose, o),
      remove: async (id, o) => await (await keys()).remove(id, o),
    },
    async [Symbol.asyncDispose]() {
      const token = await opening?.catch(() => undefined); // told where it was opened
      await token?.[Symbol.asyncDispose]();
    },
  };
}

/** From a file, the environment or the terminal. A last try is only made by a person who knows that it is the last. */
async function askPin(
  { token, tries }: PinRequest,
  world: World,
  o: Options,
): Promise<string | undefined> {
  o.signal.throwIfAborted();
  const { env, terminal, workingDirectory } = world;
  const file = env["COUNTERSIGN_PKCS11_PIN_FILE"];
  if (tries === "last" && !terminal.canAsk)
    throw new SignerError(
      "signer/pin-wrong",
      `one more wrong PIN locks the token ${token}: it is only tried from a terminal`,
    );
  if (tries !== "plenty") world.err(`warning: ${token}: wrong PINs were tried before\n`);
  if (tries === "last") world.err("warning: this is the last try; a wrong PIN locks the token\n");
  if (tries !== "last") {
    if (file)
      return firstLine(await readNamedFile(resolve(workingDirectory, file), "the PIN file"));
    if (env["COUNTERSIGN_PKCS11_PIN"]) return env["COUNTERSIGN_PKCS11_PIN"];
  }
  if (terminal.canAsk) return await terminal.askSecret(`PIN of the token ${token}: `);
  throw new CliError(
    "cli/no-terminal",
    `there is no terminal to ask for the PIN of the token ${token}`,
    "set COUNTERSIGN_PKCS11_PIN_FILE or COUNTERSIGN_PKCS11_PIN",
  );
}
