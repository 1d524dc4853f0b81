import { readJson, type JsonObject, type JsonValue } from "#domain/json";
import { CliError } from "../errors.ts";

/** What the engine of a node is told. */
export type Guarded = {
  readonly plugin: string;
  readonly runtime: string;
  readonly guardPath: string;
};

/**
 * The engine's `daemon.json` with the plugin and the guard in it, all else as it was. What is there and would
 * have to give way is refused, for nobody knows who needs it. Throws `cli/file-in-the-way`.
 */
export function withGuard(text: string | undefined, of: Guarded, file: string): string {
  const before = parse(text, file);
  const plugins = before["authorization-plugins"] ?? [];
  const runtimes = before["runtimes"] ?? {};
  if (!isTexts(plugins)) throw unclear(file, "authorization-plugins is no list of names");
  if (!isObject(runtimes)) throw unclear(file, "runtimes is no object");
  const standard = before["default-runtime"] ?? "runc";
  if (standard !== "runc" && standard !== of.runtime)
    throw unclear(file, `default-runtime is ${JSON.stringify(standard)} already`);
  const others = plugins.filter((name) => name !== of.plugin);
  return write({
    ...before,
    "authorization-plugins": [...others, of.plugin],
    runtimes: { ...runtimes, [of.runtime]: { path: of.guardPath } },
    "default-runtime": of.runtime,
  });
}

/** The same without them; undefined where nothing else is in it. Throws `cli/file-in-the-way`. */
export function withoutGuard(
  text: string | undefined,
  of: Guarded,
  file: string,
): string | undefined {
  const { ...after } = parse(text, file);
  const plugins = after["authorization-plugins"];
  const runtimes = after["runtimes"];
  const kept = isTexts(plugins) ? plugins.filter((name) => name !== of.plugin) : [];
  if (kept.length > 0) after["authorization-plugins"] = kept;
  else delete after["authorization-plugins"];
  if (isObject(runtimes)) {
    const { [of.runtime]: _guard, ...others } = runtimes;
    if (Object.keys(others).length > 0) after["runtimes"] = others;
    else delete after["runtimes"];
  }
  if (after["default-runtime"] === of.runtime) delete after["default-runtime"];
  return Object.keys(after).length === 0 ? undefined : write(after);
}

function parse(text: string | undefined, file: string): { [name: string]: JsonValue } {
  if (text === undefined || text.trim() === "") return {};
  try {
    const read = readJson(new TextEncoder().encode(text), { maxBytes: 1_048_576 });
    if (isObject(read)) return { ...read };
  } catch (cause) {
    throw unclear(file, "it is not JSON as we read it", cause);
  }
  throw unclear(file, "it is no JSON object");
}

function write(value: JsonObject): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function unclear(file: string, why: string, cause?: unknown): CliError {
  const hint = "it is left as it is; put it right, then try again";
  return new CliError("cli/file-in-the-way", `${file}: ${why}`, hint, { cause });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
