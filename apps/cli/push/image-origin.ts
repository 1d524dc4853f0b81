import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ImageInput } from "#adapters/images";
import { CliError } from "../errors.ts";

/** Where `--from` says that an image is. */
export type ImageOrigin =
  | { readonly kind: "engine"; readonly names: readonly string[] }
  | { readonly kind: "file"; readonly input: ImageInput };

const hint =
  "docker://NAME, oci:DIR[:REF], oci-archive:FILE[:REF], docker-archive:FILE[:NAME]; - is standard input";

/** Reads `--from`; without it the engine has the image, under one of `names`. Throws `cli/usage`. */
export function imageOrigin(
  from: string | undefined,
  {
    names,
    workingDirectory,
  }: { readonly names: readonly string[]; readonly workingDirectory: string },
): ImageOrigin {
  if (from === undefined) return { kind: "engine", names };
  const colon = from.indexOf(":");
  const [kind, rest] = [from.slice(0, Math.max(colon, 0)), from.slice(colon + 1)];
  if (kind === "docker" && rest.startsWith("//") && rest.length > 2)
    return { kind: "engine", names: [rest.slice(2)] };
  if (rest === "" || rest.startsWith(":")) throw unknown(from);
  switch (kind) {
    case "oci":
      return { kind: "file", input: { kind: "oci-folder", ...placeOf(rest, workingDirectory) } };
    case "oci-archive":
    case "docker-archive": {
      if (rest === "-") return { kind: "file", input: { kind, from: { stream: process.stdin } } };
      const { path, ...named } = placeOf(rest, workingDirectory);
      return { kind: "file", input: { kind, from: { path }, ...named } };
    }
    default:
      throw unknown(from);
  }
}

/** Up to the first colon, unless there is a file of the whole name. */
function placeOf(
  text: string,
  workingDirectory: string,
): { readonly path: string; readonly name?: string } {
  const colon = text.indexOf(":");
  const whole = resolve(workingDirectory, text);
  if (colon < 0 || existsSync(whole)) return { path: whole };
  const path = resolve(workingDirectory, text.slice(0, colon));
  return { path, name: text.slice(colon + 1) };
}

function unknown(from: string): CliError {
  return new CliError("cli/usage", `${from} is no place to take an image from`, hint);
}
