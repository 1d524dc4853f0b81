import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenge } from "./challenge.ts";

const realm = "https://auth.test/token";

test.for([
  [`Bearer realm="${realm}",service="lab",scope="repository:a:pull"`, realm, "lab"],
  [`bearer  realm = "${realm}" , service=lab`, realm, "lab"],
  [`Bearer service="a \\"b\\", c",realm="${realm}"`, realm, 'a "b", c'],
  [`Bearer realm="${realm}?x=1"`, `${realm}?x=1`, undefined],
  [`Bearer realm="${realm}",realm="https://second.test/"`, realm, undefined],
] as const)("%s", ([header, expected, service]) => {
  const found = parseChallenge(header);
  expect(found).toMatchObject({ kind: "bearer", service });
  expect(found?.kind === "bearer" && found.realm.href).toBe(expected);
});

test.for([
  undefined,
  "",
  "Negotiate",
  "Digest realm=x",
  "Bearer",
  "Bearer realm=",
  'Bearer realm="http://auth.test/token"',
  'Bearer realm="file:///etc/passwd"',
  'Bearer realm="https://user:word@auth.test/"',
  'Bearer realm="/token"',
  `Bearer realm="${realm}`,
  `Bearer realm="${realm}${"x".repeat(5_000)}"`,
])("%s asks nothing that we give", (header) => {
  expect(parseChallenge(header)).toBeUndefined();
});

test("Basic is Basic, whatever its realm", () => {
  expect(parseChallenge('Basic realm="anything"')).toEqual({ kind: "basic" });
});

test("whatever stands in the header, reading it ends", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (words) => {
      const found = parseChallenge(`Bearer ${words}`);
      if (found?.kind === "bearer") expect(found.realm.protocol).toBe("https:");
    }),
  );
});
