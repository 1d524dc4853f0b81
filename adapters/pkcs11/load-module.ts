import { SignerError } from "#services/signer";
import { answer, type Binding } from "./binding.ts";
import { answerOf } from "./faults.ts";

type Loaded = { readonly binding: Binding; users: number };
/** A module is a library of this process: it is initialised once, however often it is opened. */
const loaded = new Map<string, Loaded>();

const packageName = "pkcs11js";

/** Opens a PKCS#11 module by its path. Throws `signer/token-unusable`. */
export async function loadModule(
  path: string,
): Promise<Disposable & { readonly binding: Binding }> {
  const known = loaded.get(path);
  const use = known ?? { binding: start(await newBinding(), path), users: 0 };
  use.users += 1;
  loaded.set(path, use);
  let isOpen = true;
  return {
    binding: use.binding,
    [Symbol.dispose]() {
      if (!isOpen) return;
      isOpen = false;
      use.users -= 1;
      if (use.users > 0) return;
      loaded.delete(path);
      stop(use.binding);
    },
  };
}

async function newBinding(): Promise<Binding> {
  let found: { readonly PKCS11?: new () => Binding };
  try {
    found = (await import(packageName)) as typeof found;
  } catch (cause) {
    throw new SignerError(
      "signer/token-unusable",
      `keys on tokens need the package ${packageName}: install it beside countersign (npm install ${packageName})`,
      { cause },
    );
  }
  if (found.PKCS11 === undefined)
    throw new SignerError("signer/token-unusable", `${packageName} is not as it was`);
  return new found.PKCS11();
}

function start(binding: Binding, path: string): Binding {
  try {
    binding.load(path);
  } catch (cause) {
    throw new SignerError("signer/token-unusable", `${path} is not a PKCS#11 module`, { cause });
  }
  try {
    binding.C_Initialize();
  } catch (cause) {
    if (answerOf(cause) === answer.alreadyInitialized) return binding;
    binding.close();
    throw new SignerError("signer/token-unusable", `the module ${path} does not start`, { cause });
  }
  return binding;
}

function stop(binding: Binding): void {
  try {
    binding.C_Finalize();
    binding.close();
  } catch {
    // the token was pulled out: there is nothing left to close
  }
}
