import { explain } from "./explain.ts";
import type { Verdict } from "./verdict.ts";

/**
 * The whole text of a refusal, as `docker`, the CLI and the web page show it: what was refused, each
 * reason on a line, what to do, and where to read more. `page` is the address of the image's page.
 */
export function refusalText(
  verdict: Extract<Verdict, { kind: "deny" }>,
  about: { readonly image: string; readonly signable: string; readonly page?: string },
): string {
  const explained = verdict.reasons.map((reason) => explain(reason, about.signable));
  const next = [...new Set(explained.map((explanation) => explanation.next))];
  return [
    `${about.image} is refused`,
    ...explained.map((explanation) => `  - ${explanation.text}`),
    ...next.map((step, index) => `${index === 0 ? "to pass:" : "        "} ${step}`),
    ...(about.page === undefined ? [] : [`details: ${about.page}`]),
  ].join("\n");
}
