import { expect, test } from "vitest";
import { formatQuery, parseQuery } from "./query.ts";
import { parsePullRequest, pullQuery } from "./pull.ts";

const digest = `sha256:${"0".repeat(64)}`;

test.for([
  ["fromImage=acme/web&tag=1", "acme/web:1"],
  ["fromImage=acme/web:1", "acme/web:1"],
  ["fromImage=acme/web:1&tag=1", "acme/web:1"],
  [`fromImage=acme/web&tag=${digest}`, `acme/web@${digest}`],
  [`fromImage=acme/web@${digest}`, `acme/web@${digest}`],
  [`fromImage=acme/web:1@${digest}`, `acme/web@${digest}`],
  ["fromImage=localhost:5000/web&tag=1", "localhost:5000/web:1"],
  ["fromImage=Registry.Example:443/web&tag=1", "Registry.Example:443/web:1"],
  ["fromImage=alpine&tag=latest&platform=linux/arm64", "alpine:latest"],
] as const)("%s pulls %s", ([query, image]) => {
  const pull = parsePullRequest(parseQuery(query));
  expect(pull).toMatchObject({ kind: "pull", image });
  if (pull.kind !== "pull") return;
  const again = parsePullRequest(parseQuery(formatQuery(pullQuery(pull)).slice(1)));
  expect(again).toEqual(pull);
});

test.for([
  ["", "engine-api/image-malformed"],
  ["fromImage=", "engine-api/image-malformed"],
  ["fromImage=acme/web", "engine-api/image-malformed"],
  ["fromImage=localhost:5000/web", "engine-api/image-malformed"],
  ["fromImage=acme/web:", "engine-api/image-malformed"],
  ["fromImage=acme/web:2&tag=1", "engine-api/image-malformed"],
  [`fromImage=acme/web@${digest}&tag=1`, "engine-api/image-malformed"],
  ["fromImage=acme/web&tag=a/b", "engine-api/image-malformed"],
  ["fromImage=acme/web&tag=sha512:00", "engine-api/image-malformed"],
  ["fromImage=acme+web&tag=1", "engine-api/image-malformed"],
  ["fromImage=a&tag=1&fromSrc=-", "engine-api/query-malformed"],
  ["fromImage=a&tag=1&platform=a&platform=b", "engine-api/query-malformed"],
] as const)("%s is refused", ([query, code]) => {
  expect(() => parsePullRequest(parseQuery(query))).toThrow(expect.objectContaining({ code }));
});

test("an import is no pull", () => {
  expect(parsePullRequest(parseQuery("fromSrc=-&repo=a"))).toEqual({ kind: "import", source: "-" });
});
