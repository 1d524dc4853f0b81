import { expect, test } from "vitest";
import { readEngineBody } from "./body.ts";
import { containersOf, hostReachOf } from "./host-escapes.ts";

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
  expect(containersOf(body)).toEqual(["one", "two", "three", "four"]);
});
