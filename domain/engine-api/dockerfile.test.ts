import { readDockerfile, refusalOfTrigger } from "#domain/engine-api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const read = (text: string, given: Readonly<Record<string, string>> = {}) =>
  readDockerfile(new TextEncoder().encode(text), new Map(Object.entries(given)));
const basesOf = (text: string, given?: Readonly<Record<string, string>>) =>
  read(text, given).bases.map(({ image }) => image);
const written = (text: string, ...images: string[]) =>
  read(text)
    .write(images)
    .split("\n")
    .filter((line) => line !== "");

describe("the images that a build starts from", () => {
  test.for([
    ["FROM web:1", ["web:1"]],
    ["from Web:1 as X\nFROM x\nFROM X", ["Web:1"]],
    ["FROM scratch\nCOPY a /", []],
    ["FROM a AS scratchy\nFROM scratch\nCOPY --from=scratchy /a /", ["a"]],
    ["FROM a\nCOPY --from=b --chown=1 /x /x\nCOPY --chown=1 --from=c /x /x", ["a", "b", "c"]],
    ["FROM a\nFROM b\nCOPY --from=0 /x /x", ["a", "b"]],
    ["FROM a AS one\nCOPY --from=two /x /x\nFROM b AS two", ["a", "two", "b"]],
    ["FROM a AS one\nCOPY --from=one /x /x", ["a", "one"]],
    ["ARG V=1\nARG I=web:$V\nFROM ${I}", ["web:1"]],
    ["ARG V\nFROM web:${V:-2}", ["web:2"]],
    ["ARG V=3\nFROM web:${V:+4}", ["web:4"]],
    ["ARG A=1 B=2\nFROM web:$A", ["web:1"]],
    ['ARG A="web:1"\nFROM $A', ["web:1"]],
    ["FROM \\\n  # a comment\n\n  web:1 \\\n  AS x", ["web:1"]],
    ["# escape=`\nFROM `\nweb:1\nRUN a\\\nRUN b", ["web:1"]],
    ["# syntax=docker/dockerfile:1\nFROM web:1", ["web:1"]],
    ["\ufeffFROM web:1\r\nRUN x\r\n", ["web:1"]],
    ["FROM --platform=linux/amd64 web:1", ["web:1"]],
    ["FROM a\nRUN echo \\\nFROM b", ["a"]],
    ["FROM a\nRUN cat <<< x && echo $((1 << 2))", ["a"]],
    ["FROM a\n# FROM b\n   # FROM c\nLABEL x=FROM", ["a"]],
  ] as const)("%j starts from %j", ([text, images]) => {
    expect(basesOf(text)).toEqual(images);
  });

  test("a given argument goes before its default, and only where it is declared", () => {
    expect(basesOf("ARG V=1\nFROM web:$V", { V: "2" })).toEqual(["web:2"]);
    expect(() => basesOf("FROM web:$V", { V: "2" })).toThrow(/V has no value/);
    expect(() => basesOf("ARG V\nFROM web:$V")).toThrow(/V has no value/);
    expect(() => basesOf("ARG V\nFROM $V", { V: "a\nFROM b" })).toThrow(/empty/);
  });

  test.for([
    ["RUN x", "only ARG"],
    ["", "no FROM"],
    ["# syntax=evil/frontend:1\nFROM a", "cannot be judged"],
    ["FROM a\nRUN --mount=from=evil x", "needs BuildKit"],
    ["FROM a\nRUN <<EOF\nFROM evil\nEOF", "here-document"],
    ["FROM a\nCOPY <<-'E' /x\nE", "here-document"],
    ["FROM a\nRUN <${x:-}<EOF\nEOF", "here-document"],
    ["FROM a\nONBUILD RUN <<E\nE", "here-document"],
    ["FROM a\nCOPY --from=$x /a /a", "no variable"],
    ["FROM a\nCOPY --from='b' /a /a", "quoted"],
    ["FROM a\nCOPY --fr\\om=b /a /a", "quoted"],
    ["FROM a\nCOPY --from=b --from=c /a /a", "one stage"],
    ["FROM a\nCOPY --from=0 /a /a", "no stage 0"],
    ["FROM a\nFROM b\nCOPY --from=00 /a /a", "no stage 00"],
    ["FROM a\nFROM b\nCOPY --from=+0 /a /a", "no stage"],
    ["FROM a\nONBUILD COPY --from=b /a /a", "ONBUILD COPY --from"],
    ["FROM a\nONBUILD FROM b", "ONBUILD FROM"],
    ["FROM a AS x\nFROM b AS X", "already"],
    ['FROM "a"', "without quotes"],
    ["FROM a\\b", "without quotes"],
    ["FROM a b", "this is not FROM"],
    ["FROM --oops a", "not known"],
    ["FROM ${A-b}", "cannot be worked out"],
    ["FROM a\u00a0b", "U+00A0"],
    ["FROM a\nRUN x\u2028FROM b", "U+2028"],
    ["FROM a\nRUN x\rFROM b", "U+000D"],
    ["FROM a\nRUN x \\\\\nFROM b", "two escape"],
    ["FROM a\nRUN x \\ \\\n\nFROM b", "two escape"],
    ["FROM a\nINCLUDE b", "no instruction"],
  ] as const)("%j is refused: %s", ([text, words]) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: "engine-api/dockerfile-unclear" }),
    );
    expect(() => read(text)).toThrow(new RegExp(words.replaceAll(/[+$]/g, "\\$&")));
  });
});

test("a Dockerfile is written again with what was judged, on the lines where it stood", () => {
  expect(
    written(
      "ARG V=1\nFROM --platform=linux/amd64 web:$V AS Base\nRUN a \\\n  b\n\nFROM base\nFROM x\nCOPY --from=BASE a b\nCOPY --chown=1 --from=y a b",
      ...["web@sha256:1", "x@sha256:2", "y@sha256:3"],
    ),
  ).toEqual([
    "# escape=\\",
    "ARG V=1",
    "FROM --platform=linux/amd64 web@sha256:1 AS base",
    "RUN a   b",
    "FROM base",
    "FROM x@sha256:2",
    "COPY --from=0 a b",
    "COPY --chown=1 --from=y@sha256:3 a b",
  ]);
  const lines = read("\n\n\nFROM a\n\nRUN b").write(["c"]).split("\n");
  expect([lines.indexOf("FROM c"), lines.indexOf("RUN b")]).toEqual([3, 5]);
});

test("what was written is read again as the same", () => {
  const text =
    "# escape=`\nFROM a AS b\nRUN x `\n y\\\nCOPY --from=b x y\nFROM b\nCOPY --from=0 x y";
  const once = read(text).write(["a", "b"]);
  expect(read(once).write(["a", "b"])).toBe(once);
});

test("a base image may not bring other images into the builds of others", () => {
  expect(refusalOfTrigger("RUN make")).toBeUndefined();
  expect(refusalOfTrigger("COPY . /src")).toBeUndefined();
  expect(refusalOfTrigger("copy --chown=1 --from=evil / /")).toContain("ONBUILD COPY --from");
  expect(refusalOfTrigger("RUN --mount=from=evil x")).toContain("BuildKit");
  expect(refusalOfTrigger("RUN a\nRUN b")).toContain("not one instruction");
  expect(refusalOfTrigger("")).toBeDefined();
});

test("whatever is accepted is written so that it is read as the same, and on single lines", () => {
  const piece = fc.constantFrom(
    ...["FROM a", "FROM a AS b", "FROM b", "COPY --from=b x y", "COPY --from=0 x y", "RUN x", "#c"],
    ...[
      "ARG V=a",
      "FROM $V",
      "ENV x=y",
      "\\",
      "`",
      "\n",
      "\n",
      "\n",
      " ",
      "\t",
      "\r",
      "# escape=`\n",
    ],
    ...["ONBUILD RUN x", "--from=c", "<<E", "<", '"', "'", "LABEL", "FROM", "COPY", " \\\n", "`\n"],
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join("");
      let first;
      try {
        first = read(text);
      } catch {
        return;
      }
      accepted += 1;
      const images = first.bases.map((_, index) => `image-${index}`);
      const once = first.write(images);
      const again = read(once);
      expect(again.bases.map(({ image }) => image)).toEqual(images);
      expect(again.write(images)).toBe(once);
      const instructions = once.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      const escape = once.slice("# escape=".length, "# escape=".length + 1);
      for (const line of instructions)
        expect(/^[A-Z]+(?: .*[^ ])?$/.test(line) && !line.endsWith(escape)).toBe(true);
    }),
    { numRuns: 3_000, seed: 7 },
  );
  expect(accepted).toBeGreaterThan(20);
});
