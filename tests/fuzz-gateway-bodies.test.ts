import { expect, test } from "vitest";
import {
  EngineApiError,
  hostEscapesOf,
  imagesOf,
  readEngineBody,
  withImages,
  writeEngineBody,
  type BodyKind,
  type EngineBody,
} from "#domain/engine-api";
import { createRandom } from "./fuzz-gateway/random.ts";
import { harmed, spell, type Value } from "./fuzz-gateway/spell.ts";

const runs = 8_000;
const pinned = "registry.test/acme/web@sha256:0";
const strange = (): string => "registry.test/acme/other:1";

const bodies: Readonly<Record<"container-create" | "service-spec", Value>> = {
  "container-create": {
    Image: "registry.test/acme/web:1",
    Labels: { a: "b" },
    HostConfig: {
      Privileged: false,
      Binds: ["v:/data"],
      NetworkMode: "none",
      Mounts: [{ Type: "image", Source: "registry.test/acme/data:1", Target: "/d" }],
    },
  },
  "service-spec": {
    Name: "web",
    TaskTemplate: {
      ContainerSpec: {
        Image: "registry.test/acme/web:1",
        Mounts: [{ Type: "image", Source: "registry.test/acme/data:1", Target: "/d" }],
      },
    },
  },
};

/**
 * As Go's encoding/json finds a member: names are compared under simple folding, the last one counts and
 * objects that come twice are merged. `undefined` where no member has the name.
 */
function asGoReads(value: unknown, path: readonly string[]): readonly unknown[] {
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => asGoReads(item, path));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => fold(key) === fold(name))
    .flatMap(([, inner]) => asGoReads(inner, rest));
}

function fold(name: string): string {
  return name.replaceAll("\u017f", "s").replaceAll("\u212a", "k").toLowerCase();
}

function tryRead(kind: BodyKind, bytes: Uint8Array): EngineBody | undefined {
  try {
    const body = readEngineBody(kind, "application/json", bytes);
    imagesOf(body);
    return body;
  } catch (error) {
    if (error instanceof EngineApiError) return undefined;
    throw error;
  }
}

test.for([
  ["container-create", ["Image"], ["HostConfig", "Mounts"]],
  [
    "service-spec",
    ["TaskTemplate", "ContainerSpec", "Image"],
    ["TaskTemplate", "ContainerSpec", "Mounts"],
  ],
] as const)(
  "whatever is written into a %s, the engine finds only images that were judged",
  ([kind, image, mounts]) => {
    let accepted = 0;
    for (let seed = 1; seed <= runs; seed += 1) {
      const random = createRandom(seed);
      const boldness = random.pick([0.01, 0.03, 0.1]);
      const text = spell(bodies[kind], random, { boldness, strange });
      const body = tryRead(kind, harmed(text, random, boldness));
      if (body === undefined) continue;
      accepted += 1;
      const written = Buffer.from(writeEngineBody(withImages(body, () => pinned))).toString();
      const read = JSON.parse(written) as unknown;
      expect([seed, text, asGoReads(read, image)]).toEqual([seed, text, [pinned]]);
      for (const mount of asGoReads(read, mounts).flat())
        if (asGoReads(mount, ["Type"]).some((type) => type === "image"))
          expect([text, asGoReads(mount, ["Source"])]).toEqual([text, [pinned]]);
      const isPrivileged = asGoReads(read, ["HostConfig", "Privileged"]).includes(true);
      const isTold = hostEscapesOf(body).some(({ setting }) => setting === "HostConfig.Privileged");
      if (isPrivileged) expect([text, isTold]).toEqual([text, true]);
    }
    expect(accepted).toBeGreaterThan(runs / 10);
  },
);
