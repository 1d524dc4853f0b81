import { expect, test } from "vitest";
import { byBytes, endOf, table } from "./table.ts";

test("columns are four spaces apart, and the last one is not filled up", () => {
  const rows = [
    ["targets/qa", "beta", "id", "1"],
    ["", "ключ/", "", ""],
    ["", "🔑", "", ""],
  ];
  expect(table(["ROLE", "PATHS", "KEY IDS", "THRESHOLD"], rows)).toBe(
    [
      "ROLE          PATHS    KEY IDS    THRESHOLD",
      "----          -----    -------    ---------",
      "targets/qa    beta     id         1",
      "              ключ/               ",
      "              🔑                   ",
      "",
    ].join("\n"),
  );
});

test("what is too long keeps its end", () => {
  expect(endOf("abcdefgh", 8)).toBe("abcdefgh");
  expect(endOf("abcdefghi", 8)).toBe("...efghi");
});

test("names are ordered by their bytes", () => {
  expect(["v10", "v1", "V1", "ﬀ", "🔑"].toSorted(byBytes)).toEqual(["V1", "v1", "v10", "ﬀ", "🔑"]);
});

test("a name makes no rows and no columns of its own", () => {
  const rows = [["evil\n1.0    id    5    targets\t", "1"]];
  expect(table(["NAME", "SIZE"], rows).split("\n")).toHaveLength(4);
});
