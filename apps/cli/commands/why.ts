import { ApiError, shortenDigests, type Verdict } from "#contracts";
import type { Command } from "commander";
import { hasHost } from "../image-host.ts";
import type { Cli } from "../program.ts";
import { reportOf } from "../report-error.ts";
import type { ExitCode, Session } from "../session.ts";
import { fields, listed, moment } from "../text.ts";
import { examples } from "./example.ts";

export function addWhy(program: Command, cli: Cli): void {
  program
    .command("why")
    .description("say whether an image would run here now, and why (exit code 3: refused)")
    .argument("<image...>", "as you would write it after docker run")
    .addHelpText("after", examples("why localhost:8443/acme/web:1"))
    .action((images: readonly string[], _options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const verdicts: Verdict[] = [];
        const here = new Map<Verdict, string>();
        let worst: ExitCode = 0;
        for (const image of images)
          try {
            const verdict = await session.client("why", { query: { image } });
            verdicts.push(verdict);
            const ours = await ownName(session, image, verdict);
            if (ours !== undefined) here.set(verdict, `in this registry: countersign why ${ours}`);
            if (verdict.kind === "deny" && worst === 0) worst = 3;
          } catch (error) {
            if (!(error instanceof ApiError) || images.length === 1) throw error;
            cli.world.err(`error: ${image}: ${reportOf(error).message ?? error.message}\n`);
            worst = 1;
          }
        session.show({
          json: images.length === 1 ? verdicts[0] : verdicts,
          ids: verdicts.map(({ kind, image }) => `${kind} ${image}`),
          text: verdicts
            .map((verdict) => textOf(verdict, here.get(verdict), session.config.colour))
            .join("\n"),
        });
        return worst;
      }),
    );
}

/** Without a host docker means Docker Hub; who wrote it so may have meant the image of that name here. */
async function ownName(
  { client, config }: Session,
  image: string,
  { reasons }: Verdict,
): Promise<string | undefined> {
  const isElsewhere = reasons.some(({ kind }) => kind === "registry-not-trusted");
  const isShown = config.format === "text" && !config.quiet;
  if (!isElsewhere || !isShown || hasHost(image)) return undefined;
  const repository = image.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  try {
    await client("tags", { query: { repository } });
    return `${(await client("status")).registryHost}/${image}`;
  } catch (error) {
    if (error instanceof ApiError) return undefined; // there is none of that name, or none to be seen
    throw error;
  }
}

function textOf(verdict: Verdict, here: string | undefined, colour: boolean): string {
  const admitted = verdict.kind === "admit";
  const word = admitted ? "admitted" : "refused";
  const shown = colour ? `\u001b[${admitted ? 32 : 31}m${word}\u001b[0m` : word;
  const text = fields([
    [word, shortenDigests(verdict.image)],
    ["digest", verdict.digest],
    ["signed", listed(verdict.countersigners.map(({ account, role }) => `${account} (${role})`))],
    ["as of", asOf(verdict)],
    ...verdict.reasons.map(({ text: reason }) => ["reason", reason] as const),
    ...[...hintsOf(verdict), here].map((hint) => ["hint", hint] as const),
  ]);
  return text.replace(word, shown);
}

/** Several reasons may have one remedy: it is said once. */
function hintsOf({ reasons }: Verdict): readonly (string | undefined)[] {
  return [...new Set(reasons.map(({ next }) => next))];
}

/** The moment of the reading that it rests on, where that is not now. */
function asOf({ asOf: at }: Verdict): string | undefined {
  return at === undefined ? undefined : `${moment(at)}: its trust server does not answer now`;
}
