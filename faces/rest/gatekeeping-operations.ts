import type { Decision, Decisions, Policy } from "#contracts";
import type { User } from "#domain/identity";
import { CodedError, type Options } from "#domain/kernel";
import {
  parseRegistryHost,
  parseRepositoryName,
  parseTag,
  type RepositoryName,
  type Tag,
} from "#domain/oci";
import { notFound } from "./errors.ts";
import { operation, type Operation } from "./operation.ts";
import type { Gatekeeping } from "./ports.ts";
import type { Sight } from "./sight.ts";

/** How often the next decisions are fetched to fill a page with those that the reader may see. */
const maxRounds = 20;

/** Policy, workloads, images, verdicts and decisions. */
export function gatekeepingOperations(
  gatekeeping: Gatekeeping,
  sight: Sight,
): readonly Operation[] {
  return [
    operation("status", "signed-in", async ({ caller, signal }) => {
      const { warnings, ...known } = await gatekeeping.status({ signal });
      const status = { ...known, policy: withoutWebhook(known.policy) };
      // They name repositories, and are for whoever can do something about them.
      return warnings === undefined || !caller.user.isAdmin ? status : { ...status, warnings };
    }),
    operation("policy", "signed-in", async ({ caller, signal }) => {
      const policy = await gatekeeping.policy({ signal });
      return caller.user.isAdmin ? policy : withoutWebhook(policy);
    }),
    operation("setPolicy", "admin", ({ caller, body, signal }) =>
      gatekeeping.setPolicy(body, caller.user.name, { signal }),
    ),
    operation("previewPolicy", "admin", ({ body, signal }) =>
      gatekeeping.preview(body, { signal }),
    ),
    operation("workloads", "engine-viewer", ({ signal }) => gatekeeping.workloads({ signal })),

    operation("listRepositories", "signed-in", async ({ caller, signal }) =>
      sight.repositories(caller.user, await gatekeeping.repositories({ signal }), { signal }),
    ),
    operation("tags", "signed-in", async ({ caller, query, signal }) => {
      const name = await visible(query.repository, caller.user, { signal });
      const tags = await gatekeeping.tags(name, { signal });
      if (tags === undefined) throw notFound("no such repository");
      return tags;
    }),
    operation("image", "signed-in", async ({ caller, query, signal }) => {
      const name = await visible(query.repository, caller.user, { signal });
      const page = await gatekeeping.image(name, tagOf(query.tag), { signal });
      if (page === undefined) throw notFound("no such tag");
      const decisions: Decision[] = [];
      for (const decision of page.decisions)
        if (await sight.decision(caller.user, decision, { signal })) decisions.push(decision);
      return { ...page, decisions };
    }),
    operation("why", "signed-in", async ({ caller, query, signal }) => {
      if (!(await sight.image(caller.user, query.image, { signal })))
        throw notFound("no such repository");
      return await gatekeeping.why(query.image, { signal });
    }),

    operation("forgetTrust", "admin", async ({ caller, query, signal }) => {
      const registry =
        query.registry === undefined
          ? undefined
          : readable(() => parseRegistryHost(query.registry ?? ""));
      const repository =
        registry === undefined
          ? await visible(query.repository, caller.user, { signal })
          : readable(() => parseRepositoryName(query.repository));
      await gatekeeping.forgetTrust({ registry, repository }, caller.user.name, { signal });
      return undefined;
    }),

    operation("listDecisions", "signed-in", ({ caller, query, signal }) =>
      visibleDecisions(caller.user, query, { signal }),
    ),
    operation("decision", "signed-in", async ({ caller, place, signal }) => {
      const decision = await gatekeeping.decision(place.id(), { signal });
      if (decision === undefined || !(await sight.decision(caller.user, decision, { signal })))
        throw notFound("no such decision");
      return decision;
    }),
  ];

  async function visible(text: string, user: User, o: Options): Promise<RepositoryName> {
    const name = readable(() => parseRepositoryName(text));
    if (!(await sight.repository(user, name, o))) throw notFound("no such repository");
    return name;
  }

  /** Asks for as many as are missing until the page is full, so that its end is where the next one begins. */
  async function visibleDecisions(
    user: User,
    query: { readonly before?: string | undefined; readonly limit: number },
    o: Options,
  ): Promise<Decisions> {
    const seen: Decision[] = [];
    let before = query.before;
    for (let round = 0; round < maxRounds && seen.length < query.limit; round += 1) {
      const page = await gatekeeping.decisions(
        { limit: query.limit - seen.length, ...(before === undefined ? {} : { before }) },
        o,
      );
      for (const decision of page.decisions)
        if (await sight.decision(user, decision, o)) seen.push(decision);
      before = page.next;
      if (before === undefined) break;
    }
    return { decisions: seen, ...(before === undefined ? {} : { next: before }) };
  }
}

/** Its address may be a secret of its own. */
function withoutWebhook(policy: Policy): Policy {
  const { whenLost, ...rest } = policy;
  return whenLost === undefined ? rest : { ...rest, whenLost: { action: whenLost.action } };
}

function tagOf(text: string): Tag {
  return readable(() => parseTag(text));
}

function readable<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof CodedError) throw notFound("not such a name");
    throw error;
  }
}
