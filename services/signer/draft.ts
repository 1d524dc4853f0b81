import type {
  Delegation,
  FileMeta,
  PublicKey,
  RoleKeys,
  RoleName,
  Root,
  Target,
  Targets,
} from "#domain/tuf";

/** What one targets file says, without what follows from it. */
export type Content = {
  /** Of the file that is published; 0 where there is none. */
  readonly version: number;
  readonly targets: ReadonlyMap<string, Target>;
  readonly delegations: readonly Delegation[];
};

/** The next state of a repository while it is being made: what is published, edited, and what of it must be signed. */
export type Draft = {
  readonly root: Root;
  /** The file of the root in use. */
  readonly rootFile: Uint8Array;
  /** The root role of the root in use where the draft changes it: both must sign. */
  readonly previousRoot?: RoleKeys;
  readonly isRootDirty: boolean;
  /** Whether the server has nothing yet: then it is sent all of it. */
  readonly isNew: boolean;
  readonly snapshot: { readonly version: number; readonly meta: ReadonlyMap<RoleName, FileMeta> };
  /** `targets` and the delegations whose content may be built on. */
  readonly contents: ReadonlyMap<RoleName, Content>;
  /** Roles that too few of their present keys signed: only a witness may build on their content. */
  readonly unsigned: ReadonlyMap<RoleName, Content>;
  /** Versions that roles without a file had before, so that they go on from there. */
  readonly floors: ReadonlyMap<RoleName, number>;
  /** Delegations whose file is known here and signed as it should be, and that the server says it has none of. */
  readonly lost: ReadonlySet<RoleName>;
  /** Roles whose time is over: whoever touches them signs them again. */
  readonly expired: ReadonlySet<RoleName>;
  readonly dirty: ReadonlySet<RoleName>;
};

export function contentOf({ version, targets, delegations }: Targets): Content {
  return { version, targets, delegations };
}

/** The payload of a targets file of this content. Keys that no delegation uses are dropped. */
export function payloadOf(content: Content): Omit<Targets, "expires"> {
  const keys = content.delegations.flatMap((delegation) => [...delegation.keys]);
  return { ...content, keys: new Map<string, PublicKey>(keys) };
}
