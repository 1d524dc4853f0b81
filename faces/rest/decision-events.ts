import { decisionEventsPath, type Decision } from "#contracts";
import { get, type Context, type Route } from "#faces/http";
import type { AccountsService } from "#services/accounts";
import { callerOf, requireAccess } from "./caller.ts";
import type { Gatekeeping } from "./ports.ts";
import type { Sight } from "./sight.ts";

const beatMs = 15_000;
/** A reader this far behind is cut off; it asks again, and reads what it missed from the list. */
const maxWaiting = 500;
const maxUnsentBytes = 1_048_576;

/**
 * Decisions as they are made (WHATWG HTML, "Server-sent events"), those that the reader may see. The
 * stream ends with the session: at each beat, and before each decision, it is asked for again.
 */
export function decisionEvents(parts: {
  readonly accounts: AccountsService;
  readonly gatekeeping: Pick<Gatekeeping, "subscribe">;
  readonly sight: Sight;
}): Route {
  return get(decisionEventsPath, async (context) => {
    const signal = AbortSignal.any([context.signal, context.draining]);
    requireAccess(
      "signed-in",
      await callerOf(context.request, parts.accounts, { signal }),
      undefined,
    );
    const waiting: (Decision | "beat")[] = [];
    let wake = (): void => undefined;
    const add = (item: Decision | "beat"): void => {
      if (waiting.length > maxWaiting) context.response.destroy();
      else waiting.push(item);
      wake();
    };
    const unsubscribe = await parts.gatekeeping.subscribe(add, { signal });
    const beat = setInterval(add, beatMs, "beat" as const);
    const onAbort = (): void => wake();
    signal.addEventListener("abort", onAbort);
    try {
      begin(context);
      while (!signal.aborted) {
        const item = waiting.shift();
        if (item !== undefined) {
          if (!(await send(item, context, parts))) break;
          continue;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearInterval(beat);
      unsubscribe();
      signal.removeEventListener("abort", onAbort);
      context.response.end();
    }
    return "handled";
  });
}

function begin({ response }: Context): void {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.write(": decisions\n\n");
}

/** False once the reader has no session any more, or does not read. */
async function send(
  item: Decision | "beat",
  { request, response, signal }: Context,
  parts: { readonly accounts: AccountsService; readonly sight: Sight },
): Promise<boolean> {
  const caller = await callerOf(request, parts.accounts, { signal, quietly: true });
  if (caller === undefined || response.writableLength > maxUnsentBytes) return false;
  if (item === "beat") response.write(": beat\n\n");
  else if (await parts.sight.decision(caller.user, item, { signal }))
    response.write(`id: ${item.id}\ndata: ${JSON.stringify(item)}\n\n`);
  return true;
}
