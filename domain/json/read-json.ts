import { JsonError } from "./errors.ts";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** Has no prototype, so that a member named `__proto__` is a member like any other. */
export type JsonObject = { readonly [name: string]: JsonValue };

export type JsonLimits = {
  readonly maxBytes: number;
  readonly maxDepth?: number;
  /** Refuses numbers written with a fraction or an exponent, be they whole or not. */
  readonly wholeNumbers?: boolean;
  /** Refuses whole numbers that would be written out again as others: JavaScript's are exact up to 2^53. */
  readonly exactNumbers?: boolean;
};

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
// oxlint-disable-next-line no-control-regex -- RFC 8259 section 7 forbids just these in a string
const PLAIN = /[^"\\\u0000-\u001f]*/y;

/**
 * Reads one JSON text (RFC 8259) and nothing after it, more strictly than `JSON.parse`: a member named
 * twice, nesting beyond `maxDepth` (default 32), bytes that are not UTF-8, half a surrogate pair and a
 * number without finite value are errors, for two readers may take each of them differently.
 * Throws `json/malformed`, `json/duplicate-key`, `json/too-deep` or `json/too-large`.
 */
export function readJson(input: Uint8Array | string, limits: JsonLimits): JsonValue {
  if (input.length > limits.maxBytes)
    throw new JsonError("json/too-large", `more than ${limits.maxBytes} bytes of JSON`);
  const reader = new Reader(
    typeof input === "string" ? input : decode(input),
    limits.maxDepth ?? 32,
    limits,
  );
  return reader.document();
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new JsonError("json/malformed", "not UTF-8", { cause });
  }
}

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #wholeNumbers: boolean;
  readonly #exactNumbers: boolean;
  #at = 0;

  constructor(
    text: string,
    maxDepth: number,
    {
      wholeNumbers = false,
      exactNumbers = false,
    }: Pick<JsonLimits, "wholeNumbers" | "exactNumbers">,
  ) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#wholeNumbers = wholeNumbers;
    this.#exactNumbers = exactNumbers;
  }

  document(): JsonValue {
    const value = this.#value(0);
    if (this.#at !== this.#text.length) throw this.#malformed();
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > this.#maxDepth)
      throw new JsonError("json/too-deep", `nested more than ${this.#maxDepth} deep`);
    this.#take(SPACE);
    const value = this.#bare(depth);
    this.#take(SPACE);
    return value;
  }

  #bare(depth: number): JsonValue {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    const members: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
    this.#at += 1;
    this.#take(SPACE);
    if (this.#text[this.#at] === "}") return this.#closed(members);
    for (;;) {
      this.#take(SPACE);
      if (this.#text[this.#at] !== '"') throw this.#malformed();
      const name = this.#string();
      if (name in members)
        throw new JsonError(
          "json/duplicate-key",
          `a member appears twice, at character ${this.#at}`,
        );
      this.#take(SPACE);
      this.#expect(":");
      members[name] = this.#value(depth + 1);
      if (this.#text[this.#at] === "}") return this.#closed(members);
      this.#expect(",");
    }
  }

  #array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = [];
    this.#at += 1;
    this.#take(SPACE);
    if (this.#text[this.#at] === "]") return this.#closed(items);
    for (;;) {
      items.push(this.#value(depth + 1));
      if (this.#text[this.#at] === "]") return this.#closed(items);
      this.#expect(",");
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    this.#take(PLAIN);
    if (this.#text[this.#at] === '"') {
      this.#at += 1;
      return this.#wellFormed(this.#text.slice(start + 1, this.#at - 1));
    }
    while (this.#text[this.#at] === "\\") {
      this.#at += 2;
      this.#take(PLAIN);
    }
    this.#expect('"');
    try {
      // The platform reads the escapes; what is a string and where it ends is settled above.
      return this.#wellFormed(JSON.parse(this.#text.slice(start, this.#at)) as string);
    } catch (cause) {
      throw new JsonError("json/malformed", `bad escape before character ${this.#at}`, { cause });
    }
  }

  #wellFormed(text: string): string {
    if (!text.isWellFormed()) throw this.#malformed();
    return text;
  }

  #number(): number {
    const text = this.#take(NUMBER);
    const value = Number(text || Number.NaN);
    if (!Number.isFinite(value)) throw this.#malformed();
    const isWhole = !/[.eE]/.test(text);
    if (this.#wholeNumbers && !isWhole) throw this.#malformed();
    if (this.#exactNumbers && isWhole && String(value) !== text) throw this.#malformed();
    return value;
  }

  #word<Value extends JsonValue>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw this.#malformed();
    this.#at += word.length;
    return value;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += taken.length;
    return taken;
  }

  #closed<Value>(value: Value): Value {
    this.#at += 1;
    return value;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw this.#malformed();
    this.#at += 1;
  }

  #malformed(): JsonError {
    return new JsonError("json/malformed", `not JSON at character ${this.#at}`);
  }
}
