import {
  readDockerfileLines,
  unclear,
  writeDockerfileLines,
  type DockerfileLines,
  type Instruction,
} from "./dockerfile-lines.ts";
import {
  declare,
  expand,
  plainWords,
  splitFlags,
  type DockerfileArguments,
} from "./dockerfile-words.ts";

/** An image that a build starts from, or copies from. */
export type BuildBase = {
  readonly image: string;
  readonly platform: string | undefined;
  readonly line: number;
};

/** A Dockerfile whose images are known, and can be put in others' place. */
export type Dockerfile = {
  readonly bases: readonly BuildBase[];
  /** Written again in the one way that every engine reads alike, with `images` in place of the bases. */
  write(images: readonly string[]): string;
};

const maxBases = 100;
const known: ReadonlySet<string> = new Set(
  `ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL
  USER VOLUME WORKDIR`.split(/\s+/),
);
const STAGE_NAME = /^[a-z][a-z0-9_.-]*$/;

/**
 * Reads what a Dockerfile of the classic builder starts from: every `FROM`, and every `COPY --from` that is
 * no stage. Throws `engine-api/dockerfile-unclear` for what engines read in different ways, and for
 * what only BuildKit knows.
 */
export function readDockerfile(bytes: Uint8Array, given: DockerfileArguments): Dockerfile {
  const lines = readDockerfileLines(bytes);
  const reader = new Reader(given);
  const pieces = lines.instructions.map((instruction) => reader.read(instruction));
  if (!reader.hasStage) throw unclear(1, "it has no FROM");
  return { bases: reader.bases, write: (images) => write(lines, pieces, images) };
}

/** Why what a base image does to whoever builds on it cannot be judged; undefined where it brings no other image. */
export function refusalOfTrigger(text: string): string | undefined {
  try {
    const { instructions } = readDockerfileLines(new TextEncoder().encode(text));
    const [trigger] = instructions;
    if (trigger === undefined || instructions.length > 1) return "it is not one instruction";
    checkTrigger(trigger, trigger.line);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "it cannot be read";
  }
}

/** The text of an instruction, or how to write it with the image that stands at `base`. */
type Piece = string | { readonly base: number; readonly write: (image: string) => string };

function write(
  lines: DockerfileLines,
  pieces: readonly Piece[],
  images: readonly string[],
): string {
  const instructions = lines.instructions.map((instruction, index) => {
    const piece = pieces[index] ?? "";
    if (typeof piece === "string") return { ...instruction, text: piece };
    const image = images[piece.base];
    if (image === undefined) throw unclear(instruction.line, "its image was not judged");
    return { ...instruction, text: piece.write(image) };
  });
  return writeDockerfileLines({ ...lines, instructions });
}

class Reader {
  readonly bases: BuildBase[] = [];
  readonly #given: DockerfileArguments;
  #arguments: DockerfileArguments = new Map();
  /** Names of the stages so far; "" for one that has none. The last one is under way. */
  readonly #stages: string[] = [];

  constructor(given: DockerfileArguments) {
    this.#given = given;
  }

  get hasStage(): boolean {
    return this.#stages.length > 0;
  }

  read(instruction: Instruction): Piece {
    const { name, text, line } = instruction;
    if (!known.has(name)) throw unclear(line, `${name.slice(0, 40)} is no instruction`);
    if (name === "FROM") return this.#from(instruction);
    if (!this.hasStage) {
      if (name !== "ARG") throw unclear(line, "only ARG may stand before the first FROM");
      this.#arguments = declare(this.#arguments, text, this.#given);
      return text;
    }
    refuseHereDocument(instruction);
    if (name === "RUN") refuseFlags(instruction);
    if (name === "ONBUILD") {
      const [, inner = "", rest = ""] = /^([^ \t]*)[ \t]*(.*)$/s.exec(text) ?? [];
      checkTrigger({ ...instruction, name: inner.toUpperCase(), text: rest }, line);
    }
    return name === "COPY" ? this.#copy(instruction) : text;
  }

  #from({ text, line }: Instruction): Piece {
    const { flags, rest } = splitFlags(text, line);
    const words = plainWords(rest, line);
    const [written = "", as = "as", stage = ""] = words;
    if (written === "" || (words.length !== 1 && words.length !== 3) || as.toLowerCase() !== "as")
      throw unclear(line, "this is not FROM image, nor FROM image AS name");
    const platform = this.#platform(flags, line);
    const image = expand(written, this.#arguments, line);
    if (image === "" || /\s/.test(image)) throw unclear(line, "its image is empty");
    const earlier = this.#stages.indexOf(image.toLowerCase());
    const name = stage.toLowerCase();
    if (words.length === 3) this.#checkName(name, line);
    this.#stages.push(name);
    const write = (what: string): string =>
      [
        ...(platform === undefined ? [] : [`--platform=${platform}`]),
        what,
        ...(name === "" ? [] : [`AS ${name}`]),
      ].join(" ");
    if (earlier >= 0) return write(image.toLowerCase());
    return image === "scratch" ? write(image) : this.#base({ image, platform, line }, write);
  }

  #platform(flags: readonly string[], line: number): string | undefined {
    const [flag, ...more] = flags;
    if (flag === undefined) return undefined;
    if (!flag.startsWith("--platform=") || more.length > 0)
      throw unclear(line, `${(more[0] ?? flag).slice(0, 60)} is not known before an image`);
    const platform = expand(flag.slice("--platform=".length), this.#arguments, line);
    if (platform === "") return undefined;
    if (!/^[\w./-]+$/.test(platform)) throw unclear(line, "this is no platform");
    return platform;
  }

  #checkName(name: string, line: number): void {
    if (!STAGE_NAME.test(name) || name === "scratch" || name === "context")
      throw unclear(line, "this cannot be the name of a stage");
    if (this.#stages.includes(name)) throw unclear(line, `there is a stage ${name} already`);
  }

  #copy({ text, line }: Instruction): Piece {
    const { flags, rest } = splitFlags(text, line);
    const from = flags.filter((flag) => /^--from/i.test(flag));
    const [flag] = from;
    if (flag === undefined) return text;
    const source = flag.slice("--from=".length);
    if (from.length > 1 || !flag.startsWith("--from=") || source === "" || source.includes("$"))
      throw unclear(line, "--from names one stage or one image, and no variable");
    const write = (what: string): string =>
      [...flags.map((each) => (each === flag ? `--from=${what}` : each)), rest].join(" ");
    const stage = this.#stageOf(source, line);
    if (stage !== undefined) return write(String(stage));
    return this.#base({ image: source, platform: undefined, line }, write);
  }

  /** A stage before this one, by name or number. */
  #stageOf(source: string, line: number): number | undefined {
    const earlier = this.#stages.slice(0, -1);
    const named = earlier.indexOf(source.toLowerCase());
    if (named >= 0) return named;
    if (!/^[+-]?[0-9_]+$/.test(source)) return undefined;
    const index = /^(?:0|[1-9][0-9]{0,3})$/.test(source) ? Number(source) : earlier.length;
    if (index >= earlier.length) throw unclear(line, `there is no stage ${source} before this one`);
    return index;
  }

  #base(base: BuildBase, write: (image: string) => string): Piece {
    if (this.bases.length >= maxBases) throw unclear(base.line, `more than ${maxBases} images`);
    this.bases.push(base);
    return { base: this.bases.length - 1, write };
  }
}

/** An instruction that runs in the build of whoever builds on this image. */
function checkTrigger(trigger: Instruction, line: number): void {
  if (["FROM", "ONBUILD", "MAINTAINER"].includes(trigger.name) || !known.has(trigger.name))
    throw unclear(line, `ONBUILD ${trigger.name.slice(0, 40)} is not possible`);
  refuseHereDocument(trigger);
  if (trigger.name === "RUN") refuseFlags(trigger);
  if (
    trigger.name === "COPY" &&
    splitFlags(trigger.text, line).flags.some((flag) => /^--from/i.test(flag))
  )
    throw unclear(line, "ONBUILD COPY --from would bring an image into builds that nobody judged");
}

function refuseFlags({ text, line }: Instruction): void {
  const flag = /^--[^ \t=]*/.exec(text)?.[0];
  if (flag !== undefined)
    throw unclear(
      line,
      `RUN ${flag.slice(0, 40)} needs BuildKit, which does not pass this gateway`,
    );
}

/** Engines from 23 on read the lines after `<<NAME` as text, older ones as instructions. */
function refuseHereDocument({ name, text, line }: Instruction): void {
  if (!["RUN", "COPY", "ADD", "ONBUILD"].includes(name)) return;
  const isHidden = (text.match(/</g)?.length ?? 0) > 1 && /<\$|\}<|\$\{[^}]*</.test(text);
  if (isHidden || /<<(?![< \t]|$)/.test(text.replaceAll("<<<", "")))
    throw unclear(line, "engines read << in different ways: write it without a here-document");
}
