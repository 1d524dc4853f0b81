import type { Instant } from "#domain/kernel";
import { everything, isWithin, reachOf, type Reach } from "./delegation.ts";
import type { Envelope, Trusted } from "./envelope.ts";
import { TufError } from "./errors.ts";
import { requireContent } from "./file-meta.ts";
import type { RoleState, TargetFile, VerifiedRole } from "./reading.ts";
import { versionFault, type SeenFile, type SeenFiles } from "./seen.ts";
import { targetsRole, type RoleName } from "./role-name.ts";
import type { Snapshot } from "./snapshot.ts";
import { decodeTargets, type Delegation, type Targets } from "./targets.ts";
import { verifySigners, type Signed } from "./threshold.ts";

/** What the delegations of a repository turned out to be. */
export type Walk = {
  /** Depth first, each parent before its children. */
  readonly roles: readonly VerifiedRole[];
  /** The files that may be believed, `targets` included: only their delegations were followed. */
  readonly valid: ReadonlyMap<RoleName, Trusted<Targets>>;
  /** Signed well enough, but their time is over. */
  readonly expired: ReadonlyMap<RoleName, Trusted<Targets>>;
  /** What the snapshot names for a role, but too few of the role's keys signed it. */
  readonly unsigned: ReadonlyMap<RoleName, Envelope<Targets>>;
  readonly seen: SeenFiles;
};

type Set = {
  readonly snapshot: Trusted<Snapshot>;
  readonly files: ReadonlyMap<RoleName, Uint8Array>;
  readonly seen: SeenFiles;
};

const maxRoles = 4_096;

/** Follows the delegations from `targets` down. What hangs below a role that cannot be believed is not looked at. */
export function walkDelegations(set: Set, targets: Trusted<Targets>, now: Instant): Walk {
  const roles: VerifiedRole[] = [];
  const seen = new Map<RoleName, SeenFile>();
  const valid = new Map([[targetsRole, targets]]);
  const expired = new Map<RoleName, Trusted<Targets>>();
  const unsigned = new Map<RoleName, Envelope<Targets>>();
  const visit = (delegation: Delegation, parentReach: Reach): void => {
    if (roles.length >= maxRoles) throw new TufError("tuf/malformed", "too many delegations");
    const reach = reachOf(delegation, parentReach);
    const found = openDelegation(set, delegation);
    const role = judge(found, delegation, { reach, now, before: set.seen.get(delegation.name) });
    roles.push(role);
    if (found.kind === "unsigned") unsigned.set(delegation.name, found.file);
    if (found.kind !== "file" || role.state.kind === "tampered") return;
    seen.set(delegation.name, { version: role.version, sha256: found.file.sha256 });
    if (role.state.kind === "expired") expired.set(delegation.name, found.file);
    if (role.state.kind !== "valid") return;
    valid.set(delegation.name, found.file);
    for (const child of found.file.signed.delegations) visit(child, reach);
  };
  for (const child of targets.signed.delegations) visit(child, everything);
  return { roles, valid, expired, unsigned, seen };
}

/** The targets of a file that lie within `reach` and say their sha256. */
export function targetsWithin(file: Targets, reach: Reach): ReadonlyMap<string, TargetFile> {
  const targets = new Map<string, TargetFile>();
  for (const [name, { sha256, length }] of file.targets)
    if (sha256 !== undefined && isWithin(name, reach)) targets.set(name, { sha256, length });
  return targets;
}

type Opened =
  | ({ readonly kind: "file" } & Signed<Targets>)
  | { readonly kind: "missing" }
  | { readonly kind: "tampered"; readonly detail: string }
  | { readonly kind: "unsigned"; readonly detail: string; readonly file: Envelope<Targets> };

function openDelegation(set: Set, delegation: Delegation): Opened {
  const { name } = delegation;
  const meta = set.snapshot.signed.meta.get(name);
  if (meta === undefined) return { kind: "missing" };
  const bytes = set.files.get(name);
  if (bytes === undefined)
    return { kind: "tampered", detail: "the file that the snapshot names is not there" };
  let file: Envelope<Targets> | undefined;
  try {
    requireContent(name, bytes, meta);
    file = decodeTargets(bytes, name);
    return { kind: "file", ...verifySigners(file, delegation) };
  } catch (error) {
    if (!(error instanceof TufError)) throw error;
    const { message: detail } = error;
    return file === undefined ? { kind: "tampered", detail } : { kind: "unsigned", detail, file };
  }
}

type Terms = {
  readonly reach: Reach;
  readonly now: Instant;
  readonly before: SeenFile | undefined;
};

function judge(opened: Opened, delegation: Delegation, terms: Terms): VerifiedRole {
  const { name } = delegation;
  if (opened.kind !== "file")
    return {
      name,
      version: 0,
      expires: 0,
      state: opened.kind === "missing" ? opened : { kind: "tampered", detail: opened.detail },
      signedBy: [],
      targets: new Map(),
    };
  const { file } = opened;
  const { version, expires } = file.signed;
  return {
    name,
    version,
    expires,
    state: stateOf(file, terms),
    signedBy: opened.signers,
    targets: targetsWithin(file.signed, terms.reach),
  };
}

function stateOf(file: Trusted<Targets>, { now, before }: Terms): RoleState {
  const fault = versionFault(file, before);
  switch (fault?.kind) {
    case "rolled-back": {
      const detail = `version ${fault.offeredVersion} is lower than ${fault.seenVersion}, seen before`;
      return { kind: "tampered", detail };
    }
    case "other-content": {
      const detail = `version ${fault.version} was seen before with other content`;
      return { kind: "tampered", detail };
    }
    case undefined:
      return file.signed.expires < now
        ? { kind: "expired", expiredAt: file.signed.expires }
        : { kind: "valid" };
  }
}
