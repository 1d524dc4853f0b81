import { CliError } from "../errors.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Says when somebody ends the command, so that what was put aside is taken away first. */
export function interruption(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const end = (): void => {
    const hint = "run it again: what arrived already is not sent again";
    controller.abort(new CliError("cli/interrupted", "interrupted before the end", hint));
  };
  for (const name of signals) process.once(name, end);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.removeListener(name, end);
    },
  };
}
