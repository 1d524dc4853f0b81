import type { RoleName, TargetFile } from "#domain/tuf";
import type { Tag } from "./judgement.ts";

/** What one role says of tags, and whether it counts. */
export type TagSource = {
  readonly role: RoleName;
  readonly targets: ReadonlyMap<string, TargetFile>;
  readonly counts: boolean;
};

type Gathered = TargetFile & { name: string; roles: RoleName[]; formerRoles: RoleName[] };

/** Gathers who says what of each tag: one line for each content that a name stands for. */
export function tagsOf(sources: readonly TagSource[]): readonly Tag[] {
  const found = new Map<string, Gathered>();
  for (const { role, targets, counts } of sources)
    for (const [name, { sha256, length }] of targets) {
      const key = `${sha256} ${length} ${name}`;
      const tag = found.get(key) ?? { name, sha256, length, roles: [], formerRoles: [] };
      (counts ? tag.roles : tag.formerRoles).push(role);
      found.set(key, tag);
    }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}
