import type { FlagValues } from "#apps/drop-in";
import { customData } from "../custom.ts";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName } from "../session.ts";
import { stage, targetRoles } from "../staging.ts";

export async function run(invocation: Invocation): Promise<void> {
  const { args, flags } = invocation;
  const [name, path, size] = args;
  const sha256 = hash(flags, "sha256", 64);
  const sha512 = hash(flags, "sha512", 128);
  const given = { ...sha512, ...sha256 };
  const kinds = Object.keys(given);
  if (name === undefined || path === undefined || size === undefined || kinds.length === 0)
    throw usage("Must specify a GUN, target, byte size of target data, and at least one hash");
  const length = lengthIn(size);
  for (const [kind, { hex, digits }] of Object.entries(given))
    if (hex.length !== digits || !/^[\da-f]+$/.test(hex))
      throw failure(`invalid ${kind} hex contents provided`);
  const gun = collectionName(name);
  const target = {
    length,
    ...Object.fromEntries(Object.entries(given).map(([kind, { hex }]) => [kind, hex])),
    ...(await customData(invocation)),
  };
  const roles = targetRoles(flags.texts("roles"));
  await stage(
    invocation,
    gun,
    roles.map((role) => ({ kind: "target-add", role, name: path, target })),
    `Addition of target "${path}" by ${kinds.join(", ")} hash to repository "${gun}" staged for next publish.\n`,
  );
}

type Hash = { readonly hex: string; readonly digits: number };

function hash(flags: FlagValues, kind: string, digits: number): Readonly<Record<string, Hash>> {
  const hex = flags.text(kind).toLowerCase();
  return hex === "" ? {} : { [kind]: { hex, digits } };
}

/** `5`, `0x10`, `010`: as Go reads whole numbers. */
function lengthIn(text: string): number {
  const octal = /^0o?([0-7]+)$/i.exec(text)?.[1];
  const isNumber = /^(?:\d+|0x[\da-f]+|0b[01]+)$/i.test(text);
  const length = octal === undefined ? Number(text) : Number.parseInt(octal, 8);
  if ((!isNumber && octal === undefined) || !Number.isSafeInteger(length))
    throw failure(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return length;
}
