import { OciError } from "./errors.ts";

/** What a token asks or gives (Docker token authentication, "scope"): `repository:acme/web:pull,push`. */
export type Scope = {
  readonly type: "repository" | "registry";
  /** A repository name, a globally unique name (trust server), or `catalog`. */
  readonly name: string;
  readonly actions: ReadonlySet<ScopeAction>;
};
export type ScopeAction = "pull" | "push" | "delete" | "*";

const SCOPE = /^(repository|registry)(?:\([a-z0-9]+\))?:(.+):([a-z*,]*)$/;
const actions: ReadonlySet<string> = new Set(["pull", "push", "delete", "*"]);

function isAction(text: string): text is ScopeAction {
  return actions.has(text);
}

/** Reads one scope; actions that nobody here knows are dropped, not refused. Throws `oci/scope-invalid`. */
export function parseScope(text: string): Scope {
  const match = text.length <= 600 ? SCOPE.exec(text) : null;
  const [, type, name, list] = match ?? [];
  if ((type !== "repository" && type !== "registry") || name === undefined || list === undefined)
    throw new OciError("oci/scope-invalid", text.slice(0, 80));
  return { type, name, actions: new Set(list.split(",").filter(isAction)) };
}

/** Writes a scope, its actions in the order that Docker's own servers use. */
export function formatScope(scope: Scope): string {
  const order: readonly ScopeAction[] = ["pull", "push", "delete", "*"];
  return `${scope.type}:${scope.name}:${order.filter((action) => scope.actions.has(action)).join(",")}`;
}
