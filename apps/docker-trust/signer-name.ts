import { failure } from "./errors.ts";

const NAME = /^[a-z0-9][a-z0-9_-]*$/;

/** Throws `docker-trust/failed` for what is no name of a key or a signer; `what` is which of them. */
export function requireName(name: string, what: "key" | "signer"): void {
  if (!NAME.test(name))
    throw failure(
      `${what} name "${name}" must start with lowercase alphanumeric characters and can include "-" or "_" after the first character`,
    );
}
