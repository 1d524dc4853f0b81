import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { classify, formatTarget } from "./classify.ts";
import { operations, publishedOperations } from "./operations.ts";

const published = readFileSync(new URL("operations.fixture.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split("\t"));

test("the table names every published operation and no other", () => {
  const named = publishedOperations.map(
    ({ method, path, first, last }) => `${method} ${path} 1.${first} 1.${last}`,
  );
  expect(named.toSorted()).toEqual(published.map((row) => row.slice(0, 4).join(" ")).toSorted());
});

test("the table says of every operation what its body is", () => {
  // In no description: older engines read credentials from the body of a push.
  const older = new Set(["POST /images/{id}/push", "POST /images/{name}/push"]);
  older.add("POST /plugins/{name}/push");
  for (const [method, path, , , , type] of published) {
    const name = `${method} ${path}`;
    const [operation] = operations.filter((one) => `${one.method} ${one.path}` === name);
    const described = type === "string" ? "archive" : type === "-" ? "none" : "json";
    expect([name, operation?.body]).toEqual([name, older.has(name) ? "json" : described]);
  }
});

test("whatever runs, brings or fetches an image says where that image stands", () => {
  const withImages = new Set(["run", "pull", "build", "plugin", "bring"]);
  for (const operation of operations)
    if (withImages.has(operation.class)) expect(operation.images).not.toEqual([]);
  expect(operations.every(({ images }) => new Set(images).size === images.length)).toBe(true);
});

test("every published operation is recognised under every version and without one", () => {
  for (const { method, path, class: kind } of publishedOperations)
    for (const version of ["", "/v1.24", "/v1.41", "/v1.55"]) {
      const target = `${version}${path.replace(/\{[a-z]+\}/, "some-name")}`;
      expect([target, classify(method, target)]).toMatchObject([
        target,
        { operation: { class: kind } },
      ]);
    }
});

test.for([
  ["POST", "/v1.41/containers/create?name=a", "run", undefined],
  ["POST", "/images/create?fromImage=a&tag=1", "pull", undefined],
  ["GET", "/v1.41/images/localhost:5000/acme/web:1/json", "read", "localhost:5000/acme/web:1"],
  ["GET", "/v1.41/images/acme%40sha256:00/json", "read", "acme@sha256:00"],
  ["GET", "/v1.30/distribution/acme/web:1/json", "read", "acme/web:1"],
  ["POST", "/v1.41/images/a/b/tag?repo=c", "bring", "a/b"],
  ["POST", "/v1.41/images/create/tag?repo=c", "bring", "create"],
  ["GET", "/v1.41/images/a/json/json", "read", "a/json"],
  ["DELETE", "/v1.41/networks/my%20net", "manage", "my net"],
  ["POST", "/grpc", "build", undefined],
  ["POST", "/session", "build", undefined],
  ["POST", "/v1.41/plugins/acme/vol:1/enable", "plugin", "acme/vol:1"],
] as const)("%s %s is of class %s", ([method, target, kind, name]) => {
  expect(classify(method, target)).toMatchObject({ operation: { class: kind }, name });
});

describe("a target that two readers may read differently is refused", () => {
  test.for([
    ["POST", "http://engine/v1.41/containers/create", "engine-api/target-malformed"],
    ["POST", "//containers//create", "engine-api/target-malformed"],
    ["POST", "/v1.41//containers/create", "engine-api/target-malformed"],
    ["POST", "/v1.41/containers/create/", "engine-api/target-malformed"],
    ["POST", "/images/../containers/create", "engine-api/target-malformed"],
    ["POST", "/images/%2e%2e/containers/create", "engine-api/target-malformed"],
    ["POST", "/images/.%2E/containers/create", "engine-api/target-malformed"],
    ["POST", "/v1.41/%63ontainers/create", "engine-api/operation-unknown"],
    ["POST", "/v1.41/containers%2fcreate", "engine-api/operation-unknown"],
    ["POST", "/Containers/create", "engine-api/operation-unknown"],
    ["POST", "/v1.41/containers\\create", "engine-api/target-malformed"],
    ["POST", "/v1.41/containers/create#x", "engine-api/target-malformed"],
    ["POST", "/v1.41/containers/cr\u0000eate", "engine-api/target-malformed"],
    ["GET", "/images/a%2Fb/json", "engine-api/target-malformed"],
    ["GET", "/images/%61/json", "engine-api/target-malformed"],
    ["GET", "/images/a%3f/json", "engine-api/target-malformed"],
    ["GET", "/images/a%00/json", "engine-api/target-malformed"],
    ["GET", "/images/a%zz/json", "engine-api/target-malformed"],
    ["GET", "/images/a%ff/json", "engine-api/target-malformed"],
    ["POST", "/v1.23/containers/create", "engine-api/version-unsupported"],
    ["POST", "/v1.56/containers/create", "engine-api/version-unsupported"],
    ["POST", "/v1/containers/create", "engine-api/version-unsupported"],
    ["POST", "/v01.41/containers/create", "engine-api/version-unsupported"],
    ["POST", "/V1.41/containers/create", "engine-api/version-unsupported"],
    ["POST", "/v1.41.0/containers/create", "engine-api/version-unsupported"],
    ["POST", "/v1.41/images/create?fromImage=a&fromImage=b", "engine-api/query-malformed"],
    ["POST", "/v1.41/images/create?fromImage=a&from%49mage=b", "engine-api/query-malformed"],
    ["POST", "/v1.41/images/create?fromImage=a;tag=b", "engine-api/query-malformed"],
    ["POST", "/v1.41/images/create?fromImage=%zz", "engine-api/query-malformed"],
    ["POST", "/v1.41/images/create?fromImage=%ff", "engine-api/query-malformed"],
    ["post", "/v1.41/containers/create", "engine-api/operation-unknown"],
    ["PATCH", "/v1.41/containers/create", "engine-api/operation-unknown"],
    ["CONNECT", "engine:443", "engine-api/target-malformed"],
    ["OPTIONS", "*", "engine-api/target-malformed"],
    ["POST", "/containers/a/copy", "engine-api/operation-closed"],
    ["POST", "/containers/a/checkpoints", "engine-api/operation-closed"],
    ["DELETE", "/v1.41/containers/a/checkpoints/b", "engine-api/operation-closed"],
    ["GET", "/debug/pprof/heap", "engine-api/operation-closed"],
    ["GET", "/debug/vars", "engine-api/operation-closed"],
    ["OPTIONS", "/v1.41/containers/create", "engine-api/operation-closed"],
    ["TRACE", "/v1.41/containers/create", "engine-api/operation-unknown"],
    ["POST", "/containers/a/b/start", "engine-api/operation-unknown"],
    ["GET", "/", "engine-api/target-malformed"],
    ["GET", "", "engine-api/target-malformed"],
    ["GET", `/${"a".repeat(20_000)}`, "engine-api/target-malformed"],
  ] as const)("%s %s", ([method, target, code]) => {
    expect(classify(method, target)).toMatchObject({ kind: "refused", code });
  });
});

test("what is relayed is written anew, and means the same", () => {
  for (const [method, target] of [
    ["GET", "/v1.41/images/localhost:5000/acme/web:1/json"],
    ["GET", "/v1.41/images/acme/web@sha256:00/json"],
    ["GET", "/containers/json?all=1&filters=%7B%22name%22%3A%5B%22a%22%5D%7D"],
    ["DELETE", "/v1.41/networks/my%20net"],
    ["GET", "/images/get?names=a&names=b"],
  ] as const) {
    const asked = classify(method, target);
    if (asked.kind === "refused") throw new Error(asked.reason);
    expect(formatTarget(asked)).toBe(target);
  }
});
