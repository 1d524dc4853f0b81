import fc from "fast-check";
import {
  parseAccountName,
  parseKeyFingerprint,
  parseTeamName,
  type KeyFingerprint,
} from "#domain/identity";
import { parseDigest, parseReference, parseRegistryHost, type Digest } from "#domain/oci";
import { describe, expect, test } from "vitest";
import type { KeyOwner, People, RoleEvidence, TrustEvidence } from "./evidence.ts";
import type { Policy } from "./policy.ts";
import type { Verdict } from "./verdict.ts";
import { weigh } from "./weigh.ts";

const host = parseRegistryHost("registry.lab");
const key = (letter: string): KeyFingerprint => parseKeyFingerprint(letter.repeat(64));
const digest = (letter: string): Digest => parseDigest(`sha256:${letter.repeat(64)}`);
const [signed, other] = [digest("a"), digest("b")];
const keyOf = { alice: key("a"), bob: key("b"), carol: key("c"), erin: key("e") };
const stranger = key("f");

/** qa: alice, carol, erin. security: bob, erin. empty: nobody. All are active and own a key. */
const people: People = {
  owners: new Map(
    Object.entries(keyOf).map(([name, fingerprint]) => [
      fingerprint,
      { account: parseAccountName(name), standing: "active" } as const,
    ]),
  ),
  teams: new Map([
    [parseTeamName("acme/qa"), ["alice", "carol", "erin"].map(parseAccountName)],
    [parseTeamName("acme/security"), ["bob", "erin"].map(parseAccountName)],
    [parseTeamName("acme/empty"), []],
  ]),
};

function policy(...required: readonly (string | readonly [string, number])[]): Policy {
  return {
    version: 1,
    mode: "enforce",
    required: required.map((entry) =>
      typeof entry === "string"
        ? { team: parseTeamName(entry), people: 1 }
        : { team: parseTeamName(entry[0]), people: entry[1] },
    ),
  };
}

function role(
  name: string,
  signedBy: readonly KeyFingerprint[],
  targets: Readonly<Record<string, Digest>> = { "1": signed },
  state: RoleEvidence["state"] = "valid",
): RoleEvidence {
  return {
    name,
    version: 1,
    expires: 2e12,
    state,
    signedBy,
    targets: new Map(Object.entries(targets)),
  };
}

function verified(...roles: readonly RoleEvidence[]): TrustEvidence {
  const base = roles.some(({ name }) => name === "targets")
    ? []
    : [role("targets", [stranger], {})];
  const versions = { rootVersion: 1, timestampVersion: 1, snapshotVersion: 1, freshUntil: 2e12 };
  return { kind: "verified", ...versions, roles: [...base, ...roles] };
}

const releases = role("targets/releases", [stranger]);

type Ask = {
  readonly image?: string;
  readonly evidence: TrustEvidence;
  readonly policy?: Policy;
  readonly people?: People;
};

function judge(ask: Ask): Verdict {
  const image = ask.image ?? "registry.lab/acme/web:1";
  return weigh({
    image,
    candidates: [{ reference: parseReference(image), evidence: ask.evidence }],
    trustedHosts: [host],
    people: ask.people ?? people,
    policy: ask.policy ?? policy("acme/qa", "acme/security"),
  });
}

const kinds = (verdict: Verdict): readonly string[] =>
  verdict.kind === "deny" ? verdict.reasons.map((reason) => reason.kind) : [];

describe("who countersigns", () => {
  const byAlice = policy("acme/qa");

  test("a key in targets/releases only approves nothing; in one more delegation it does", () => {
    const only = verified(role("targets/releases", [keyOf.alice]));
    expect(kinds(judge({ evidence: only, policy: byAlice }))).toEqual([
      "not-countersigned",
      "team-missing",
    ]);
    const both = verified(
      role("targets/releases", [keyOf.alice]),
      role("targets/x", [keyOf.alice]),
    );
    expect(judge({ evidence: both, policy: byAlice })).toMatchObject({ kind: "admit" });
  });

  test("a key in targets alone approves nothing", () => {
    const evidence = verified(role("targets", [keyOf.alice]));
    expect(kinds(judge({ evidence, policy: byAlice }))).toEqual([
      "not-countersigned",
      "team-missing",
    ]);
    expect(kinds(judge({ evidence, policy: policy() }))).toEqual(["not-countersigned"]);
  });

  test("a nested delegation approves nothing", () => {
    const evidence = verified(releases, role("targets/a/b", [keyOf.alice]));
    expect(kinds(judge({ evidence, policy: byAlice }))).toEqual([
      "not-countersigned",
      "team-missing",
    ]);
  });

  test("the name of a role means nothing: only the key's owner does", () => {
    const named = verified(releases, role("targets/qa", [keyOf.bob]));
    expect(kinds(judge({ evidence: named, policy: byAlice }))).toEqual(["team-missing"]);
    const unnamed = verified(releases, role("targets/whatever", [keyOf.alice]));
    expect(judge({ evidence: unnamed, policy: byAlice })).toMatchObject({ kind: "admit" });
  });

  test("an entry somebody slipped into targets/releases stays refused when an approved signer re-signs the file", () => {
    const evidence = verified(
      role("targets/releases", [keyOf.alice, keyOf.bob], { "1": signed, evil: other }),
      role("targets/qa", [keyOf.alice]),
      role("targets/security", [keyOf.bob]),
    );
    expect(judge({ evidence })).toMatchObject({ kind: "admit", reference: { digest: signed } });
    const slipped = judge({ image: "registry.lab/acme/web:evil", evidence });
    expect(kinds(slipped)).toEqual(["not-countersigned", "team-missing", "team-missing"]);
  });

  test("signatures on different digests are not pooled", () => {
    const evidence = verified(
      releases,
      role("targets/qa", [keyOf.alice], { "1": signed }),
      role("targets/security", [keyOf.bob], { "1": other }),
    );
    const verdict = judge({ evidence });
    expect(verdict).toMatchObject({ kind: "deny", released: signed });
    expect(kinds(verdict)).toEqual(["team-missing"]);
  });

  test("signatures on different tags of one digest are not pooled", () => {
    const evidence = verified(
      role("targets/releases", [stranger], { "1": signed, "2": signed }),
      role("targets/qa", [keyOf.alice], { "1": signed }),
      role("targets/security", [keyOf.bob], { "2": signed }),
    );
    expect(judge({ evidence }).kind).toBe("deny");
    expect(judge({ image: `registry.lab/acme/web@${signed}`, evidence }).kind).toBe("deny");
  });

  test("a role that has expired or was tampered with does not count, and says so", () => {
    const qa = role("targets/qa", [keyOf.alice]);
    const expired = role("targets/security", [keyOf.bob], { "1": signed }, "expired");
    expect(kinds(judge({ evidence: verified(releases, qa, expired) }))).toEqual([
      "expired",
      "team-missing",
    ]);
    const tampered = role("targets/security", [keyOf.bob], { "1": signed }, "tampered");
    expect(kinds(judge({ evidence: verified(releases, qa, tampered) }))).toEqual([
      "tampered",
      "team-missing",
    ]);
  });
});

describe("the policy", () => {
  test("every required team must have signed", () => {
    const evidence = verified(releases, role("targets/x", [keyOf.alice]));
    const verdict = judge({ evidence });
    expect(verdict).toMatchObject({
      kind: "deny",
      reasons: [{ kind: "team-missing", team: "acme/security", couldSign: ["bob", "erin"] }],
    });
  });

  test("one person in all teams satisfies all of them", () => {
    const evidence = verified(releases, role("targets/x", [keyOf.erin]));
    expect(judge({ evidence })).toMatchObject({
      kind: "admit",
      countersigners: [{ account: "erin" }],
    });
  });

  test("two signatures from one team are not one from each", () => {
    const evidence = verified(releases, role("targets/x", [keyOf.alice, keyOf.carol]));
    expect(kinds(judge({ evidence }))).toEqual(["team-missing"]);
  });

  test("a minimum counts distinct people, never keys", () => {
    const second = key("d");
    const owner: KeyOwner = { account: parseAccountName("alice"), standing: "active" };
    const twice: People = { ...people, owners: new Map([...people.owners, [second, owner]]) };
    const needTwo = policy(["acme/qa", 2]);
    const evidence = verified(
      releases,
      role("targets/x", [keyOf.alice, second]),
      role("targets/y", [second]),
    );
    expect(judge({ evidence, policy: needTwo, people: twice })).toMatchObject({
      kind: "deny",
      reasons: [
        { kind: "team-missing", needed: 2, signedBy: ["alice"], couldSign: ["carol", "erin"] },
      ],
    });
    const two = verified(
      releases,
      role("targets/x", [keyOf.alice]),
      role("targets/y", [keyOf.carol]),
    );
    expect(judge({ evidence: two, policy: needTwo }).kind).toBe("admit");
  });

  test("with no team required any active account will do, and no stranger", () => {
    const anybody = policy();
    const known = verified(releases, role("targets/x", [keyOf.bob]));
    expect(judge({ evidence: known, policy: anybody }).kind).toBe("admit");
    const foreign = verified(releases, role("targets/x", [stranger]));
    expect(kinds(judge({ evidence: foreign, policy: anybody }))).toEqual(["signer-unknown"]);
  });

  test.for(["key-revoked", "account-inactive"] as const)(
    "a signature does not count with %s, and the reason says so",
    (standing) => {
      const owner: KeyOwner = { account: parseAccountName("alice"), standing };
      const changed: People = {
        ...people,
        owners: new Map([...people.owners, [keyOf.alice, owner]]),
      };
      const evidence = verified(releases, role("targets/x", [keyOf.alice]));
      expect(judge({ evidence, policy: policy(), people: changed })).toMatchObject({
        kind: "deny",
        reasons: [{ kind: "signer-unknown", signers: [{ kind: standing, account: "alice" }] }],
      });
    },
  );

  test("a signer who left the team no longer counts for it", () => {
    const left: People = {
      ...people,
      teams: new Map([
        ...people.teams,
        [parseTeamName("acme/security"), [parseAccountName("erin")]],
      ]),
    };
    const evidence = verified(releases, role("targets/x", [keyOf.alice, keyOf.bob]));
    expect(judge({ evidence }).kind).toBe("admit");
    expect(kinds(judge({ evidence, people: left }))).toEqual(["team-missing"]);
  });

  test("a team that is empty or deleted can never be satisfied", () => {
    const evidence = verified(releases, role("targets/x", [keyOf.erin]));
    expect(kinds(judge({ evidence, policy: policy("acme/empty") }))).toEqual(["team-empty"]);
    expect(kinds(judge({ evidence, policy: policy("acme/qa", "acme/gone") }))).toEqual([
      "team-deleted",
    ]);
  });
});

describe("the released digest", () => {
  const qa = policy("acme/qa");

  test("targets/releases goes before targets", () => {
    const evidence = verified(
      role("targets", [stranger], { "1": other }),
      releases,
      role("targets/qa", [keyOf.alice]),
    );
    expect(judge({ evidence, policy: qa })).toMatchObject({
      kind: "admit",
      reference: { digest: signed },
    });
  });

  test("what targets/releases does not list is looked up in targets", () => {
    const evidence = verified(
      role("targets", [stranger]),
      role("targets/releases", [stranger], {}),
      role("targets/qa", [keyOf.alice]),
    );
    expect(judge({ evidence, policy: qa }).kind).toBe("admit");
    const unpublished = verified(
      role("targets", [stranger]),
      role("targets/releases", [], {}, "unpublished"),
      role("targets/qa", [keyOf.alice]),
    );
    expect(judge({ evidence: unpublished, policy: qa }).kind).toBe("admit");
  });

  test.for(["expired", "tampered"] as const)(
    "a targets/releases that is %s is never passed over for targets",
    (state) => {
      const evidence = verified(
        role("targets", [stranger]),
        role("targets/releases", [stranger], {}, state),
        role("targets/qa", [keyOf.alice]),
      );
      expect(kinds(judge({ evidence, policy: qa }))).toEqual([state]);
    },
  );

  test("a countersignature alone releases nothing", () => {
    const evidence = verified(
      role("targets/releases", [stranger], {}),
      role("targets/qa", [keyOf.alice]),
    );
    expect(kinds(judge({ evidence, policy: qa }))).toEqual(["not-signed", "team-missing"]);
  });

  test("a digest runs only as the released digest of a signed tag", () => {
    const evidence = verified(releases, role("targets/qa", [keyOf.alice]));
    const ask = (image: string): Verdict => judge({ image, evidence, policy: qa });
    expect(ask(`registry.lab/acme/web@${signed}`)).toMatchObject({ kind: "admit", tag: "1" });
    expect(ask(`registry.lab/acme/web:other@${signed}`)).toMatchObject({ kind: "admit", tag: "1" });
    expect(kinds(ask(`registry.lab/acme/web:1@${other}`))).toEqual([
      "digest-not-signed",
      "team-missing",
    ]);
    expect(kinds(ask(`registry.lab/acme/web:2@${other}`))).toEqual(["not-signed", "team-missing"]);
  });

  test("a digest that only an overruled targets entry names is not released", () => {
    const evidence = verified(
      role("targets", [stranger], { "1": other }),
      releases,
      role("targets/qa", [keyOf.alice], { "1": other }),
    );
    expect(
      kinds(judge({ image: `registry.lab/acme/web@${other}`, evidence, policy: qa })),
    ).toContain("digest-not-signed");
  });

  test("what runs is a repository and a digest, with no tag left to resolve again", () => {
    const evidence = verified(releases, role("targets/qa", [keyOf.alice]));
    const verdict = judge({ evidence, policy: qa });
    expect(verdict).toMatchObject({ reference: { host, repository: "acme/web", digest: signed } });
    expect(verdict.kind === "admit" && verdict.reference.tag).toBeUndefined();
  });
});

describe("before any signature is looked at", () => {
  const good = verified(releases, role("targets/qa", [keyOf.erin]));

  test.for([
    "nginx",
    "evil.com/registry.lab/acme/web:1",
    "registry.lab.evil.com/acme/web:1",
    "registry.lab:8443/acme/web:1",
  ])("%s is not in a trusted registry", (image) => {
    expect(kinds(judge({ image, evidence: good }))).toEqual(["registry-not-trusted"]);
  });

  test("a host means the same in capital letters", () => {
    expect(judge({ image: "REGISTRY.LAB/acme/web:1", evidence: good }).kind).toBe("admit");
  });

  test("an infrastructure fault is never called unsigned", () => {
    const faults: readonly TrustEvidence[] = [
      { kind: "unavailable", detail: "the trust server does not answer" },
      { kind: "expired", role: "timestamp", expiredAt: 1e12 },
      { kind: "rolled-back", role: "snapshot", seenVersion: 5, offeredVersion: 4 },
      { kind: "tampered", role: "root", detail: "threshold" },
    ];
    expect(faults.map((evidence) => kinds(judge({ evidence })))).toEqual([
      ["unavailable"],
      ["expired"],
      ["rolled-back"],
      ["tampered"],
    ]);
  });

  test("five refusals that people mix up are told apart", () => {
    const one = policy("acme/security");
    const asked: readonly Ask[] = [
      { image: "nginx", evidence: good },
      { evidence: { kind: "absent" } },
      { evidence: verified(role("targets/releases", [stranger], {})) },
      { evidence: verified(releases, role("targets/x", [stranger])) },
      { evidence: verified(releases, role("targets/x", [keyOf.alice])) },
    ];
    const first = asked.map((ask) => kinds(judge({ ...ask, policy: one }))[0]);
    expect(first).toEqual([
      "registry-not-trusted",
      "no-trust-data",
      "not-signed",
      "signer-unknown",
      "team-missing",
    ]);
  });
});

describe("an image ID", () => {
  const qa = policy("acme/qa");
  const ask = (images: readonly (readonly [string, TrustEvidence])[]): Verdict =>
    weigh({
      image: "7ef2c308db66",
      candidates: images.map(([image, evidence]) => ({
        reference: parseReference(image),
        evidence,
      })),
      trustedHosts: [host],
      people,
      policy: qa,
    });
  const good = verified(releases, role("targets/qa", [keyOf.alice]));

  test("is admitted by any repository digest behind it, and runs by that one", () => {
    const verdict = ask([
      [`docker.io/library/web@${signed}`, { kind: "absent" }],
      [`registry.lab/acme/web@${signed}`, good],
    ]);
    expect(verdict).toMatchObject({ kind: "admit", reference: { host, digest: signed } });
  });

  test("without any repository digest has nobody who could have signed it", () => {
    expect(kinds(ask([]))).toEqual(["image-unknown"]);
  });
});

test("removing a signature, a member or an owner never turns a refusal into an admission", () => {
  const keys = [...Object.values(keyOf), stranger];
  const anyRole = fc.record({
    name: fc.constantFrom("targets/releases", "targets/qa", "targets/x", "targets/a/b"),
    signedBy: fc.uniqueArray(fc.constantFrom(...keys), { maxLength: 3 }),
    to: fc.constantFrom(signed, other),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(anyRole, { maxLength: 4, selector: ({ name }) => name }),
      fc.subarray(["acme/qa", "acme/security"]),
      fc.constantFrom(...keys),
      (roles, teams, gone) => {
        const build = (without?: KeyFingerprint): Verdict =>
          judge({
            evidence: verified(
              ...roles.map(({ name, signedBy, to }) =>
                role(
                  name,
                  signedBy.filter((signer) => signer !== without),
                  { "1": to },
                ),
              ),
            ),
            policy: policy(...teams),
          });
        if (build(gone).kind === "admit") expect(build().kind).toBe("admit");
      },
    ),
  );
});
