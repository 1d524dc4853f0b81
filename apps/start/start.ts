import { keepCompiled } from "./compile-cache.ts";

export type Launch = {
  /** The command, as it is typed. */
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Loads the command and runs it. Nothing of it is read before, for an older Node.js cannot even read it. */
  readonly load: () => Promise<void>;
};

const needed = 24;

/** Starts a command. On a Node.js that is too old: two lines on stderr, and exit code 1. */
export async function start({ name, env, load }: Launch): Promise<void> {
  if (Number(process.versions.node.split(".", 1)[0]) < needed) {
    process.stderr.write(`error: ${name} needs Node.js ${needed} or newer\n`);
    process.stderr.write(`hint:  in the checkout, npx ${name} runs on the one that it brings\n`);
    process.exitCode = 1;
    return;
  }
  // Whoever reads the output may have read enough, as `head` does.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  keepCompiled(env);
  await load();
}
