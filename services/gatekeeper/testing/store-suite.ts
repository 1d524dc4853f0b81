import { parseAccountName, parseTeamName } from "#domain/identity";
import { parseDigest, parseGun, parseReference, parseRegistryHost } from "#domain/oci";
import type {
  DecisionRecord,
  DecisionStore,
  PolicyStore,
  StoredPolicy,
  WorkloadState,
  WorkloadStore,
} from "#services/gatekeeper";
import { describe, expect, test } from "vitest";

const o = { signal: new AbortController().signal };
const alice = parseAccountName("alice");

const policy = (version: number): StoredPolicy => ({
  version,
  mode: "enforce",
  required: [{ team: parseTeamName("acme/qa"), people: 2 }],
  whenLost: { action: "notify", webhook: "https://example.com/hook" },
  changedAt: version * 1_000,
  changedBy: alice,
});

/** A decision as a gate keeps it. */
export function decisionRecord(image: string, at: number): DecisionRecord {
  const reference = parseReference(image);
  const digest = parseDigest(`sha256:${"a".repeat(64)}`);
  return {
    at,
    by: alice,
    gate: "docker-api",
    operation: "ContainerCreate",
    mode: "enforce",
    effect: "refuse",
    repository: parseGun(`${reference.host}/${reference.repository}`).gun,
    case: {
      image,
      candidates: [
        {
          reference,
          evidence: {
            kind: "verified",
            rootVersion: 1,
            timestampVersion: 2,
            snapshotVersion: 3,
            freshUntil: 4,
            roles: [
              {
                name: "targets",
                version: 1,
                expires: 4,
                state: "valid",
                signedBy: [],
                targets: new Map([["__proto__", digest]]),
              },
            ],
          },
        },
      ],
      trustedHosts: [parseRegistryHost("registry.lab")],
      people: { owners: new Map(), teams: new Map([[parseTeamName("acme/qa"), [alice]]]) },
      policy: policy(1),
    },
    verdict: {
      kind: "deny",
      reasons: [{ kind: "not-signed", tag: "1" }],
      countersigners: [],
      teams: [],
    },
    message: "refused",
  };
}

/** What every policy store and decision store keeps to. `open` gives empty ones. */
export function gatekeeperStoreSuite(
  name: string,
  open: () => Promise<{
    readonly policies: PolicyStore;
    readonly decisions: DecisionStore;
    readonly workloads: WorkloadStore;
    readonly close?: () => Promise<void>;
  }>,
): void {
  describe(name, () => {
    test("a new installation has no policy in force, and then the one that was stored last", async () => {
      const { policies, close } = await open();
      expect(await policies.current(o)).toMatchObject({ version: 0, mode: "off", required: [] });
      await policies.put(policy(1), o);
      await policies.put(policy(2), o);
      expect(await policies.current(o)).toEqual(policy(2));
      await close?.();
    });

    test("of two changes to one policy only the first is stored", async () => {
      const { policies, close } = await open();
      await policies.put(policy(1), o);
      await expect(policies.put({ ...policy(1), mode: "off" }, o)).rejects.toMatchObject({
        code: "gatekeeper/policy-changed",
      });
      expect((await policies.current(o)).mode).toBe("enforce");
      await close?.();
    });

    test("a decision comes back as it was, newest first, by repository and in pages", async () => {
      const { decisions, close } = await open();
      const web = await decisions.append(decisionRecord("registry.lab/acme/web:1", 1), o);
      const api = await decisions.append(decisionRecord("registry.lab/acme/api:1", 2), o);
      expect(await decisions.get(web.id, o)).toEqual(web);
      expect(await decisions.list({ limit: 10 }, o)).toEqual([api, web]);
      expect(await decisions.list({ limit: 1 }, o)).toEqual([api]);
      expect(await decisions.list({ limit: 10, before: api.id }, o)).toEqual([web]);
      const { gun } = parseGun("registry.lab/acme/web");
      expect(await decisions.list({ limit: 10, repository: gun }, o)).toEqual([web]);
      expect(await decisions.get("999", o)).toBeUndefined();
      expect(await decisions.get("x", o)).toBeUndefined();
      expect(await decisions.newest(o)).toBe(Number(api.id));
      expect(await decisions.after(0, 1, o)).toEqual([web]);
      expect(await decisions.after(Number(web.id), 10, o)).toEqual([api]);
      await close?.();
    });

    test("what runs is kept as it was seen last, and notices until they are settled", async () => {
      const { workloads, close } = await open();
      const state: WorkloadState = {
        ...{ kind: "container", id: "one", name: "web", image: "registry.lab/acme/web:1" },
        ...{ approved: false, since: 5, wasApproved: true, told: "would-stop" },
      };
      const { approved: _approved, wasApproved: _was, told: _told, ...common } = state;
      const notice = { ...common, event: "lost", at: 6, policyVersion: 2, detail: "why" } as const;
      await workloads.replace([state], [{ notice, webhook: "https://example.com" }], o);
      expect(await workloads.states(o)).toEqual([state]);
      const [first] = await workloads.due(0, 10, o);
      expect(first).toMatchObject({ notice, webhook: "https://example.com", attempts: 0 });
      await workloads.settle(first?.id ?? "", 100, o);
      expect(await workloads.due(99, 10, o)).toEqual([]);
      expect(await workloads.due(100, 10, o)).toMatchObject([{ attempts: 1 }]);
      await workloads.settle(first?.id ?? "", undefined, o);
      expect(await workloads.due(1_000, 10, o)).toEqual([]);
      await workloads.replace([], [], o);
      expect(await workloads.states(o)).toEqual([]);
      await close?.();
    });
  });
}
