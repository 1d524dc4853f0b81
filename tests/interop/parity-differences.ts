import { edits, type Json } from "./parity-edits.ts";
import { dropped, type Move, type Plan, type Result, type Step } from "./parity-plan.ts";
import type { Outcome } from "./parity-publish.ts";

/** A way in which our server answers an update otherwise than Go's, on purpose. */
export type Difference = {
  /** As in docs/reference/notary-compatibility.md. */
  readonly name: string;
  readonly why: string;
  /** Whether it explains that the two answered this plan differently. */
  readonly explains: (plan: Plan, result: Result) => boolean;
  /** A plan that shows it. */
  readonly example: Pick<Plan, "moves" | "steps"> & Partial<Plan>;
};

const malformed = (ours: Outcome): boolean => ours.code === "MALFORMED_JSON";
const partOf: Readonly<Record<Step["role"], string>> = {
  root: "ErrBadRoot",
  targets: "ErrBadTargets",
  "targets/qa": "ErrBadTargets",
  "targets/qa/deep": "ErrBadTargets",
  snapshot: "ErrBadSnapshot",
};

/** Ours refuses the file of one of these edits, under its role's name. */
function stricter(...of: readonly (readonly [edit: string, values?: readonly Json[]])[]) {
  const fits = (step: Step): boolean =>
    of.some(
      ([edit, values]) =>
        step.edit === edit &&
        (values === undefined ||
          values.some((value) => JSON.stringify(value) === JSON.stringify(step.value))),
    );
  return (plan: Plan, { ours }: Result): boolean =>
    plan.steps.some((step) => fits(step) && (malformed(ours) || ours.name === partOf[step.role]));
}

const moved = (plan: Plan, ...any: readonly Move[]): boolean =>
  plan.moves.some((move) => any.includes(move));
const step = (role: Step["role"], edit: string, value: Json = true): Step => ({
  role,
  edit,
  value,
});
const shown = (...steps: readonly Step[]): Difference["example"] => ({ moves: [], steps });

/** Whether a number in it is written with a fraction or exponent. */
function hasFraction(value: Json): boolean {
  if (typeof value === "number") return /[.e]/.test(String(value));
  return typeof value === "object" && value !== null && Object.values(value).some(hasFraction);
}

const strictText = [
  "trailing garbage",
  "a second value",
  "signed twice",
  "signed twice, at the end",
  "version twice",
  "nested deeply",
  "a bare surrogate",
  "a huge number",
  "byte order mark",
];
const hash = `${"A".repeat(43)}=`;
const targetsRefused: readonly Json[] = (edits.get("target")?.values ?? []).filter(
  (value) => JSON.stringify(value) !== JSON.stringify({ hashes: { sha256: hash }, length: 1 }),
);

export const differences: readonly Difference[] = [
  {
    name: "strict JSON",
    why: "a member named twice, half a character or something after the end is read differently by two readers",
    explains: (plan, { ours }) =>
      malformed(ours) && plan.steps.some(({ edit }) => strictText.includes(edit)),
    example: shown(step("targets", "version twice")),
  },
  {
    name: "nothing unsigned",
    why: "what stands beside the signed part and its signatures is signed by nobody",
    explains: stricter(["another member"], ["Signed in capitals"], ["signature extra"]),
    example: shown(step("targets", "another member")),
  },
  {
    name: "whole signatures",
    why: "what lacks its key's id, its method or its bytes is no signature, and does not stand beside one",
    explains: stricter(
      ...["keyid", "method", "sig"].map((edit) => [edit, [null, "(absent)"]] as const),
    ),
    example: {
      moves: ["new root key, both sign"],
      steps: [step("root", "keyid", null)],
      base: "nothing",
    },
  },
  {
    name: "methods in small letters",
    why: "a file in which one byte was changed must not pass for the one that was signed",
    explains: stricter(["method", ["ECDSA"]]),
    example: shown(step("root", "method", "ECDSA")),
  },
  {
    name: "whole numbers up to 2^53",
    why: "larger ones are not the same number for every reader",
    explains: stricter(["version", [2 ** 53]]),
    example: shown(step("targets", "version", 2 ** 53)),
  },
  {
    name: "only whole numbers",
    why: "canonical JSON knows no other; what would be signed is not what is written",
    explains: (plan, { ours }) =>
      malformed(ours) && plan.steps.some(({ value }) => hasFraction(value)),
    example: shown(step("targets", "extra", 1.5)),
  },
  {
    name: "RFC 3339",
    why: "a comma in a time is Go's own",
    explains: stricter(["expires", ["2035-01-01T00:00:00,5Z"]]),
    example: shown(step("targets", "expires", "2035-01-01T00:00:00,5Z")),
  },
  {
    name: "a key under its own id",
    why: "a key listed under an id that is not its own is a key in disguise, in use or not",
    explains: stricter(["key renamed"], ["unused key"]),
    example: shown(step("root", "key renamed", "root")),
  },
  {
    name: "a role delegated once",
    why: "of two delegations to one role two readers may take different keys",
    explains: stricter(["delegation twice"]),
    example: shown(step("targets", "delegation twice")),
  },
  {
    name: "a target described",
    why: "a target without a length and hashes of the right size names nothing that could be checked",
    explains: stricter(["target", targetsRefused]),
    example: shown(step("targets", "target", { length: 1 })),
  },
  {
    name: "lengths count",
    why: "a client downloads no more than the snapshot says",
    explains: stricter(["meta length"]),
    example: {
      ...shown(step("snapshot", "meta length", 1)),
      base: "client-snapshot",
    },
  },
  {
    name: "a snapshot of what is there",
    why: "a client fails on a file that the snapshot names and nobody has, or names without its hash",
    explains: stricter(["meta of qa"], ["meta extra", ["targets/none"]]),
    example: {
      ...shown(step("snapshot", "meta extra", "targets/none")),
      base: "client-snapshot",
    },
  },
  {
    name: "a key counts once",
    why: "two certificates of one key are one key, and cannot meet a threshold of two",
    explains: (plan, { ours }) =>
      moved(plan, "two root certificates of one key for a threshold of two") &&
      ours.name === "ErrBadRoot",
    example: {
      moves: ["two root certificates of one key for a threshold of two"],
      steps: [],
    },
  },
  {
    name: "targets follow their key",
    why: "a root that names other targets keys must come with targets signed by them, or nobody can read the repository",
    explains: (plan, { ours }) =>
      ours.name === "ErrBadTargets" &&
      !plan.sends.includes("targets") &&
      plan.sends.includes("root"),
    example: { moves: ["new targets key"], steps: [], sends: ["root"] },
  },
  {
    name: "always the part that is wrong",
    why: "where a stored parent no longer holds, Go says that the update is invalid and not what about it",
    explains: (_plan, { go, ours }) =>
      go.code === "INVALID_UPDATE" && go.name === undefined && ours.name === "ErrBadTargets",
    example: {
      ...shown(step("targets", "delegation keyids", [])),
      sends: ["targets", "targets/qa/deep"],
    },
  },
  {
    name: "an answer always",
    why: "Go's server hangs up on a delegation that is null",
    explains: (_plan, { go, ours }) => go === dropped && ours.status === 400,
    example: shown(step("targets/qa", "null")),
  },
];

/** The listed difference that explains why the two did not answer alike; undefined when they should have. */
export function explained(plan: Plan, result: Result): Difference | undefined {
  return result.ours.status === 400
    ? differences.find((difference) => difference.explains(plan, result))
    : undefined;
}

export function isAlike({ go, ours }: Result): boolean {
  return go.status === ours.status && go.code === ours.code && go.name === ours.name;
}
