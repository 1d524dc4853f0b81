import { parse, YAMLError } from "yaml";
import { failure } from "./errors.ts";

/** YAML 1.2; names that stand for other parts of the file are refused: a few lines of them can mean gigabytes. */
export function fromYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, schema: "core", uniqueKeys: true, logLevel: "error" });
  } catch (error) {
    if (error instanceof YAMLError || error instanceof ReferenceError)
      throw failure(`While parsing config: ${error.message.split("\n", 1)[0] ?? ""}`, error);
    throw error;
  }
}
