import { expect, test } from "vitest";
import { readEngineBody } from "./body.ts";
import { hostReachOf } from "./host-escapes.ts";
import { containersOf, withContainers } from "./sharing.ts";

test("what the engine fills in by itself is no way to the host", () => {
  const stored = {
    CgroupnsMode: "host",
    MaskedPaths: ["/proc/kcore"],
    ReadonlyPaths: ["/proc/sys"],
    Runtime: "runc",
    NetworkMode: "default",
    IpcMode: "private",
    Privileged: false,
    CapAdd: null,
    Devices: [],
  };
  expect(hostReachOf(stored)).toEqual([]);
  expect(hostReachOf({ ...stored, Privileged: true, Binds: ["/:/h"] })).toEqual([
    "HostConfig.Privileged",
    "HostConfig.Binds",
  ]);
});

test("containers that a new one shares with are found", () => {
  const text = JSON.stringify({
    Image: "a",
    HostConfig: {
      VolumesFrom: ["one", "two:ro"],
      NetworkMode: "container:three",
      IpcMode: "Container:four",
    },
  });
  const body = readEngineBody(
    "container-create",
    "application/json",
    new TextEncoder().encode(text),
  );
  expect(containersOf(body).map(({ container }) => container)).toEqual([
    "one",
    "two",
    "three",
    "four",
  ]);
  const named = withContainers(body, ({ container }) => `id-of-${container}`);
  expect(named.value["HostConfig"]).toMatchObject({
    VolumesFrom: ["id-of-one", "id-of-two:ro"],
    NetworkMode: "container:id-of-three",
    IpcMode: "Container:id-of-four",
  });
});
