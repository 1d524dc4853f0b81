import type { Decision, Policy, Repository } from "#contracts";
import { parseAccountName } from "#domain/identity";
import { GatekeeperError } from "#services/gatekeeper";
import type { Gatekeeping } from "../ports.ts";

export type MemoryGatekeeping = Gatekeeping & {
  /** Records a decision about `image`, and tells the listeners. */
  readonly decide: (by: string, image: string) => Decision;
  /** Repositories whose trust data was forgotten. */
  readonly forgotten: () => readonly string[];
  readonly listeners: () => number;
};

const verdictOn = (image: string): Decision["verdict"] => ({
  kind: "deny",
  image,
  countersigners: [],
  teams: [],
  reasons: [{ kind: "not-signed", text: `${image} is not signed` }],
  message: `${image} is not signed`,
});

/** A gatekeeper that refuses everything, and remembers. */
export function memoryGatekeeping(repositories: readonly Repository[]): MemoryGatekeeping {
  const forgotten: string[] = [];
  const decisions: Decision[] = [];
  const listeners = new Set<(decision: Decision) => void>();
  let policy: Policy = { version: 1, mode: "off", requiredTeams: [], changedAt: 0 };
  const summary = (repository: string, tag: string) => ({
    tag,
    movedSinceSigning: false,
    verdict: verdictOn(`localhost:8443/${repository}:${tag}`),
  });
  return {
    status: () =>
      Promise.resolve({
        version: "1",
        registryHost: "localhost:8443",
        gateway: "tcp://localhost:2376",
        engine: { state: "none" },
        policy,
        warnings: ["the root of localhost:8443/acme/web expired"],
      }),
    policy: () => Promise.resolve(policy),
    async setPolicy({ ifVersion, ...wanted }, by) {
      await Promise.resolve();
      if (ifVersion !== policy.version)
        throw new GatekeeperError("gatekeeper/policy-changed", "changed");
      if (wanted.requiredTeams.some((team) => team.endsWith("/none")))
        throw new GatekeeperError("gatekeeper/unknown-team", "unknown");
      policy = { ...wanted, version: policy.version + 1, changedAt: 1, changedBy: by };
      return policy;
    },
    preview: () => Promise.resolve({ workloads: { engine: false, workloads: [] }, warnings: [] }),
    workloads: () => Promise.resolve({ engine: false, workloads: [] }),
    forgetTrust: ({ registry, repository }) => {
      forgotten.push(registry === undefined ? repository : `${registry}/${repository}`);
      return Promise.resolve();
    },
    forgotten: () => forgotten,
    why: (image) => Promise.resolve(verdictOn(image)),
    async decisions({ before, limit }) {
      await Promise.resolve();
      const newest = decisions.toReversed();
      const start =
        before === undefined ? 0 : newest.findIndex((decision) => decision.id === before) + 1;
      const page = newest.slice(start, start + limit);
      const last = page.at(-1);
      const isMore = start + limit < newest.length && last !== undefined;
      return { decisions: page, ...(isMore ? { next: last.id } : {}) };
    },
    decision: (id) => Promise.resolve(decisions.find((decision) => decision.id === id)),
    subscribe(listener) {
      listeners.add(listener);
      return Promise.resolve(() => void listeners.delete(listener));
    },
    repositories: () => Promise.resolve(repositories),
    async tags(name) {
      await Promise.resolve();
      const repository = repositories.find((each) => each.name === name);
      return repository && { repository, tags: [summary(name, "1")] };
    },
    async image(name, tag) {
      await Promise.resolve();
      const repository = repositories.find((each) => each.name === name);
      if (repository === undefined || tag !== "1") return undefined;
      return {
        repository,
        summary: summary(name, tag),
        reference: `localhost:8443/${name}:${tag}`,
        trust: { state: "absent", roles: [] },
        history: [],
        decisions: decisions.toReversed(),
      };
    },
    decide(by, image) {
      const decision: Decision = {
        id: String(decisions.length + 1),
        at: 1,
        by: parseAccountName(by),
        gate: "docker-api",
        operation: "container-create",
        image,
        mode: "enforce",
        effect: "refuse",
        verdict: verdictOn(image),
        evidence: { state: "absent", policyVersion: 1, roles: [] },
      };
      decisions.push(decision);
      for (const listener of listeners) listener(decision);
      return decision;
    },
    listeners: () => listeners.size,
  };
}
