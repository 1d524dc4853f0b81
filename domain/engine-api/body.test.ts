import { describe, expect, test } from "vitest";
import { readEngineBody, writeEngineBody, type BodyKind, type EngineBody } from "./body.ts";
import { hostEscapesOf } from "./host-escapes.ts";
import { imagesOf, withImages } from "./images.ts";

const read = (kind: BodyKind, text: string, type = "application/json"): EngineBody =>
  readEngineBody(kind, type, new TextEncoder().encode(text));
const container = (value: unknown): EngineBody => read("container-create", JSON.stringify(value));
const service = (value: unknown): EngineBody => read("service-spec", JSON.stringify(value));
const text = (body: EngineBody): string => new TextDecoder().decode(writeEngineBody(body));

describe("a body that the engine may read differently is refused", () => {
  test.for([
    ["container-create", `{"Image":"nosuch:1","image":"bb"}`, "engine-api/key-spelling"],
    ["container-create", `{"iMAGE":"bb"}`, "engine-api/key-spelling"],
    ["container-create", `{"Image":"a","hostconfig":{}}`, "engine-api/key-spelling"],
    ["container-create", `{"Image":"a","Ho\u017ftConfig":{}}`, "engine-api/key-spelling"],
    [
      "container-create",
      `{"Image":"a","HostConfig":{"privileged":true}}`,
      "engine-api/key-spelling",
    ],
    [
      "container-create",
      `{"Image":"a","HostConfig":{"Mounts":[{"type":"bind"}]}}`,
      "engine-api/key-spelling",
    ],
    [
      "container-create",
      `{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","volumeoptions":{}}]}}`,
      "engine-api/key-spelling",
    ],
    ["container-create", `{"Image":"a","Host_Config":{}}`, "engine-api/key-spelling"],
    ["container-create", `{"Image":"a","Privileged":true}`, "engine-api/body-malformed"],
    ["container-create", `{"Image":"a","privileged":true}`, "engine-api/body-malformed"],
    ["container-create", `{"Image":"a","Bind\u017f":["/:/h"]}`, "engine-api/body-malformed"],
    ["container-create", `{"Image":"a","Mounts":[]}`, "engine-api/body-malformed"],
    [
      "service-spec",
      `{"Ta\u017f\u212aTemplate":{"Container\u017fPEC":{"Image":"x"}}}`,
      "engine-api/key-spelling",
    ],
    ["service-spec", `{"TaskTemplate":{"containerSpec":{"Image":"x"}}}`, "engine-api/key-spelling"],
    ["service-spec", `{"TaskTemplate":{"ContainerSpec":{"image":"x"}}}`, "engine-api/key-spelling"],
    ["service-spec", `{"TaskTemplate":{},"TaskTemplate":{}}`, "engine-api/body-malformed"],
    ["container-create", `{"Image":"a"} {"Image":"b"}`, "engine-api/body-malformed"],
    ["container-create", `{"Image":"a","Image":"b"}`, "engine-api/body-malformed"],
    ["container-create", `{"Image":"a","Im\\u0061ge":"b"}`, "engine-api/body-malformed"],
    ["container-create", `[{"Image":"a"}]`, "engine-api/body-malformed"],
    ["container-create", ``, "engine-api/body-malformed"],
    [
      "container-create",
      `{"Image":"a","HostConfig":{"Memory":9223372036854775807}}`,
      "engine-api/body-malformed",
    ],
    [
      "container-create",
      `{"Image":"a","x":${"[".repeat(100)}${"]".repeat(100)}}`,
      "engine-api/body-malformed",
    ],
    ["container-create", `{"Image":"${"a".repeat(1_100_000)}"}`, "engine-api/body-malformed"],
    ["exec-create", `{"privileged":true}`, "engine-api/key-spelling"],
    ["volume-create", `{"driveropts":{}}`, "engine-api/key-spelling"],
  ] as const)("%s %s", ([kind, body, code]) => {
    expect(() => read(kind, body)).toThrow(expect.objectContaining({ code }));
  });

  test.for([
    undefined,
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json, x",
    "multipart/form-data",
  ])("of type %s", (type) => {
    const bytes = new TextEncoder().encode(`{"Image":"a"}`);
    expect(() => readEngineBody("container-create", type, bytes)).toThrow(
      expect.objectContaining({ code: "engine-api/content-type" }),
    );
  });
});

describe("images", () => {
  test("of a container are its own and those it mounts", () => {
    const body = container({
      Image: "acme/web:1",
      HostConfig: {
        Mounts: [
          { Type: "volume", Source: "v" },
          { Type: "image", Source: "acme/data:1" },
        ],
      },
    });
    expect(imagesOf(body).map((use) => use.image)).toEqual(["acme/web:1", "acme/data:1"]);
    expect(JSON.parse(text(withImages(body, (use) => `${use.image}@pinned`)))).toEqual({
      Image: "acme/web:1@pinned",
      HostConfig: {
        Mounts: [
          { Type: "volume", Source: "v" },
          { Type: "image", Source: "acme/data:1@pinned" },
        ],
      },
    });
  });

  test("of a service are its own and those it mounts, with no replica as well", () => {
    const body = service({
      Mode: { Replicated: { Replicas: 0 } },
      TaskTemplate: { ContainerSpec: { Image: "a", Mounts: [{ Type: "image", Source: "b" }] } },
    });
    expect(imagesOf(body).map((use) => use.image)).toEqual(["a", "b"]);
  });

  test.for([
    [{}, "engine-api/image-missing"],
    [{ Image: "" }, "engine-api/image-missing"],
    [{ Image: null }, "engine-api/image-missing"],
    [{ Image: 1 }, "engine-api/image-malformed"],
    [{ Image: ["a"] }, "engine-api/image-malformed"],
    [{ Image: "a b" }, "engine-api/image-malformed"],
    [{ Image: "a", HostConfig: { Mounts: [{ Type: "image" }] } }, "engine-api/image-malformed"],
    [{ Image: "a", HostConfig: { Mounts: {} } }, "engine-api/image-malformed"],
  ] as const)("%j has none to judge", ([value, code]) => {
    expect(() => imagesOf(container(value))).toThrow(expect.objectContaining({ code }));
  });

  test.for([
    [{ TaskTemplate: { PluginSpec: { Remote: "x" } } }, "engine-api/image-malformed"],
    [
      { TaskTemplate: { Runtime: "plugin", ContainerSpec: { Image: "a" } } },
      "engine-api/image-malformed",
    ],
    [
      { TaskTemplate: { NetworkAttachmentSpec: {}, ContainerSpec: { Image: "a" } } },
      "engine-api/image-malformed",
    ],
    [{ TaskTemplate: {} }, "engine-api/image-missing"],
    [{}, "engine-api/image-missing"],
  ] as const)("the service %j is none of containers", ([value, code]) => {
    expect(() => imagesOf(service(value))).toThrow(expect.objectContaining({ code }));
  });

  test("a member named __proto__ stays a member, and null top-level leftovers are dropped", () => {
    const body = read("container-create", `{"Image":"a","__proto__":{"Image":"b"},"Runtime":null}`);
    expect(imagesOf(body).map((use) => use.image)).toEqual(["a"]);
    expect(text(withImages(body, () => "c"))).toBe(`{"Image":"c","__proto__":{"Image":"b"}}`);
    expect(hostEscapesOf(body)).toEqual([{ setting: "__proto__", needs: "full-control" }]);
  });
});

describe("ways to the host", () => {
  test.for([
    { Privileged: true },
    { Privileged: "true" },
    { Binds: ["/:/host"] },
    { Binds: ["/var/run/docker.sock:/s"] },
    { Binds: ["./here:/there"] },
    { Binds: "x" },
    { PidMode: "host" },
    { PidMode: "container:other" },
    { IpcMode: "host" },
    { NetworkMode: "host" },
    { NetworkMode: "HOST" },
    { UTSMode: "host" },
    { UsernsMode: "host" },
    { CgroupnsMode: "host" },
    { CapAdd: ["SYS_ADMIN"] },
    { Capabilities: ["SYS_ADMIN"] },
    { Devices: [{ PathOnHost: "/dev/sda" }] },
    { DeviceRequests: [{}] },
    { DeviceCgroupRules: ["a *:* rwm"] },
    { SecurityOpt: ["seccomp=unconfined"] },
    { Sysctls: { "kernel.core_pattern": "|/x" } },
    { CgroupParent: "/" },
    { VolumeDriver: "other" },
    { Annotations: { "cdi.k8s.io/x": "vendor.com/gpu=0" } },
    { MaskedPaths: [] },
    { ReadonlyPaths: [] },
    { Mounts: [{ Type: "bind", Source: "/", Target: "/h" }] },
    { Mounts: [{ Type: "Bind", Source: "/", Target: "/h" }] },
    { Mounts: [{ Source: "/" }] },
    { Mounts: [{ Type: "npipe" }] },
    { Mounts: [{ Type: "volume", Source: "/etc" }] },
    {
      Mounts: [
        {
          Type: "volume",
          VolumeOptions: { DriverConfig: { Options: { type: "none", o: "bind", device: "/" } } },
        },
      ],
    },
    {
      Mounts: [
        {
          Type: "volume",
          VolumeOptions: { DriverConfig: { Options: { type: "tmpfs", o: "bind", device: "/" } } },
        },
      ],
    },
    { Mounts: [{ Type: "volume", VolumeOptions: { DriverConfig: { Name: "plugin" } } }] },
    { SomethingNew: "x" },
  ])("%j needs full control", (config) => {
    const escapes = hostEscapesOf(container({ Image: "a", HostConfig: config }));
    expect(escapes).toMatchObject([{ needs: "full-control" }]);
  });

  test("a runtime named in the request needs an administrator", () => {
    const escapes = hostEscapesOf(container({ Image: "a", HostConfig: { Runtime: "runc" } }));
    expect(escapes).toEqual([{ setting: "HostConfig.Runtime", needs: "admin" }]);
  });

  test.for([
    {},
    { Binds: null, CapAdd: null, Devices: [], MaskedPaths: null, Runtime: "", Privileged: false },
    { Binds: ["data:/data:ro"], NetworkMode: "container:other", IpcMode: "private", PidMode: "" },
    { SecurityOpt: ["no-new-privileges"], VolumesFrom: ["other"], Memory: 1e8 },
    {
      Mounts: [
        { Type: "volume", Source: "v", Target: "/v" },
        { Type: "tmpfs", Target: "/t" },
      ],
    },
  ])("%j reaches no host", (config) => {
    expect(hostEscapesOf(container({ Image: "a", HostConfig: config }))).toEqual([]);
  });

  test.for([
    [{ CapabilityAdd: ["CAP_SYS_ADMIN"] }, 1],
    [{ Mounts: [{ Type: "bind", Source: "/var/run/docker.sock" }] }, 1],
    [{ Privileges: { Seccomp: { Mode: "unconfined" } } }, 1],
    [{ Sysctls: { a: "b" } }, 1],
    [{ Privileges: { CredentialSpec: null, SELinuxContext: null, NoNewPrivileges: false } }, 0],
    [{ CapabilityDrop: ["ALL"] }, 0],
  ] as const)("a service with %j has %i", ([spec, count]) => {
    const body = service({ TaskTemplate: { ContainerSpec: { Image: "a", ...spec } } });
    expect(hostEscapesOf(body)).toHaveLength(count);
  });

  test.for([
    [{ Name: "v" }, 0],
    [{ Name: "v", Driver: "local", DriverOpts: {} }, 0],
    [{ Driver: "local", DriverOpts: { type: "tmpfs", device: "tmpfs", o: "size=1m,uid=1000" } }, 0],
    [{ Driver: "local", DriverOpts: { type: "tmpfs", device: "/", o: "bind" } }, 1],
    [{ Driver: "local", DriverOpts: { type: "tmpfs", device: "tmpfs", o: "size=1m,bind" } }, 1],
    [{ Driver: "local", DriverOpts: { type: "none", device: "/", o: "bind" } }, 1],
    [{ Driver: "other" }, 1],
  ] as const)("a volume with %j has %i", ([value, count]) => {
    expect(hostEscapesOf(read("volume-create", JSON.stringify(value)))).toHaveLength(count);
  });

  test("a privileged process in a container needs full control", () => {
    expect(hostEscapesOf(read("exec-create", `{"Privileged":true}`))).toHaveLength(1);
    expect(hostEscapesOf(read("exec-create", `{"Cmd":["sh"]}`))).toEqual([]);
  });
});
