import type { User } from "#contracts";

/** What an account may do through the Docker gateway, in words, from nothing to everything. */
export const permissions = {
  none: "nothing",
  "view-only": "view only",
  "restricted-control": "deploy, without access to the host",
  "full-control": "everything",
} as const satisfies Record<User["permission"], string>;

/** For a select. */
export const permissionChoices = Object.entries(permissions).map(([value, label]) => ({
  value,
  label,
}));

/** Reads the value of the select back. */
export function permissionOf(text: string): User["permission"] {
  return Object.hasOwn(permissions, text) ? (text as User["permission"]) : "restricted-control";
}
