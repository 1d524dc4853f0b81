import { DockerTrustError, failure } from "../errors.ts";
import { inspected, pretty, type Inspected } from "../inspection.ts";
import { parseImageName } from "../image-name.ts";
import { inRepository } from "../repository.ts";
import { openSession, type Session } from "../session.ts";
import { TrustFault } from "../trust-faults.ts";
import type { Invocation } from "../world.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const session = openSession(invocation);
  if (flags.isSet("pretty")) {
    for (const [at, typed] of args.entries()) {
      const text = pretty(await inspect(session, typed));
      world.out(at < args.length - 1 ? `${text}\n\n` : text);
    }
    return;
  }
  const found: Inspected[] = [];
  const errors: string[] = [];
  for (const typed of args)
    try {
      found.push(await inspect(session, typed));
    } catch (error) {
      if (!(error instanceof DockerTrustError)) throw error;
      errors.push(error.message);
    }
  world.out(`${asJson(found)}\n`);
  if (errors.length > 0) throw failure(errors.join("\n"));
}

async function inspect(session: Session, typed: string): Promise<Inspected> {
  const image = parseImageName(typed);
  return await inRepository(session, image, "pull", async (repository) => {
    try {
      return inspected(image, await repository.read());
    } catch (error) {
      if (!(error instanceof TrustFault)) throw error;
      throw failure(`no signatures or cannot access ${typed}`, error);
    }
  });
}

/** As docker writes it: four spaces, and nothing that a web page would take for a tag. */
function asJson(value: unknown): string {
  return JSON.stringify(value, undefined, 4).replaceAll(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
