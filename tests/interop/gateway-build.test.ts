import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Digest } from "#domain/oci";
import {
  finish,
  gatewayWorld,
  succeed,
  type GatewayWorld,
  type Ran,
} from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`build tests skipped: ${reason}`);

type Files = Readonly<Record<string, string>>;
const seed = Number(process.env["FUZZ_SEED"] ?? 5);
const clients = ["docker", "/usr/bin/docker"] as const;

describe.skipIf(reason !== undefined)("a build through the gateway", () => {
  let world: GatewayWorld;
  let web = "";
  let signed: { digest: Digest; id: string };
  let other: { digest: Digest; id: string };
  let count = 0;

  beforeAll(async () => {
    world = await gatewayWorld();
    web = `${world.registry}/acme/web`;
    signed = await world.publish(`${web}:1`, "signed\n");
    world.judge.signed.set(`${web}:1`, signed.digest);
    world.judge.imageIds.set(signed.digest, [signed.id]);
    other = await world.publish(`${web}:2`, "not signed\n");
    await succeed(world.direct("pull", `${web}:2`));
  });
  afterAll(() => world?.stop());
  beforeEach(() => {
    world.build = "judge";
    world.judge.mode = "enforce";
    world.judge.asked.length = 0;
  });

  /** Folder of a context; `@signed` and `@other` stand for the two images. */
  async function contextOf(files: Files): Promise<string> {
    const folder = await mkdtemp(join(world.folder, "context-"));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      const named = text.replaceAll("@signed", `${web}:1`).replaceAll("@other", `${web}:2`);
      await writeFile(join(folder, name), named);
    }
    return folder;
  }

  /** The archive of a folder, `./` before its names. */
  async function tarOf(folder: string, ...flags: readonly string[]): Promise<Uint8Array> {
    const file = `${folder}.tar`;
    await succeed(finish(spawn("tar", [...flags, "-C", folder, "-cf", file, "."])));
    return readFile(file);
  }

  type How = { readonly args?: readonly string[]; readonly cli?: (typeof clients)[number] };

  async function build(files: Files, how: How = {}): Promise<Ran & { readonly tag: string }> {
    count += 1;
    const tag = `built:${count}`;
    const args = ["build", "--network", "none", "-t", tag, ...(how.args ?? [])];
    const folder = await contextOf(files);
    const ran = await world.docker([...args, folder], {
      cli: how.cli ?? "docker",
      env: { DOCKER_BUILDKIT: "0" },
    });
    return { ...ran, tag };
  }

  const isThere = async (tag: string): Promise<boolean> =>
    (await world.direct("image", "inspect", tag)).status === 0;
  const textIn = async (tag: string, file = "/text"): Promise<string> =>
    (await succeed(world.direct("run", "--rm", "--network", "none", tag, "cat", file))).out;

  describe.for(clients)("with the client %s", (cli) => {
    test("starts from what is signed, whatever the tag is now, and its result does not run", async () => {
      await succeed(world.direct("tag", `${web}:2`, `${web}:1`)); // the tag on the engine was moved
      const built = await build({ Dockerfile: "FROM @signed\nRUN cat /text > /seen" }, { cli });
      expect(built).toMatchObject({ status: 0 });
      expect(built.out).toContain(`FROM ${web}@${signed.digest}`);
      expect(await textIn(built.tag, "/seen")).toBe("signed\n");
      const ran = await world.docker(["run", "--rm", "--network", "none", built.tag], { cli });
      expect(ran.err).toContain("is not signed");
    });

    test("pulls what it starts from, where the engine does not hold it", async () => {
      await world.direct("image", "rm", "-f", signed.id);
      const built = await build({ Dockerfile: "FROM @signed\n" }, { cli, args: ["--pull"] });
      expect(built).toMatchObject({ status: 0 });
    });

    test("is refused with the reason and the line, and leaves nothing behind", async () => {
      const built = await build({ Dockerfile: "\nFROM @other\nRUN cat /text" }, { cli });
      expect(built.status).not.toBe(0);
      expect(built.err).toContain(`Dockerfile line 2: ${web}:2 is not signed`);
      expect(await isThere(built.tag)).toBe(false);
    });
  });

  test.for([
    ["several stages", "FROM @signed AS Base\nFROM base AS two\nRUN cat /text\nFROM two"],
    ["an argument with a default", "ARG V=1\nARG I=@signed\nFROM $I"],
    ["a copy from a stage by name", "FROM @signed AS a\nFROM @signed\nCOPY --from=A /text /c"],
    ["a copy from a stage by number", "FROM @signed\nFROM @signed\nCOPY --from=0 /text /c"],
    ["a copy from an image", "FROM scratch\nCOPY --from=@signed /text /text"],
    ["nothing", "FROM scratch\nCOPY file /file"],
    ["comments and continued lines", "# x\nFROM \\\n # y\n\n@signed \\\n AS z\nRUN cat \\\n /text"],
    ["another escape", "# escape=`\nFROM `\n@signed\nRUN cat `\n /text"],
    ["triggers of its own", "FROM @signed AS a\nONBUILD RUN cat /text\nFROM a"],
    ["arguments of the stage", "FROM @signed\nARG A=1\nENV B=$A\nRUN [ $B = 1 ]"],
  ] as const)("with %s passes", async ([, dockerfile]) => {
    const built = await build({ Dockerfile: dockerfile, file: "x" });
    expect(built).toMatchObject({ status: 0 });
  });

  test.for([
    ["a later stage", "FROM @signed\nFROM @other\nRUN cat /text"],
    ["an argument", "ARG I=@other\nFROM $I"],
    ["a copy", "FROM @signed\nCOPY --from=@other /text /t"],
    [
      "a copy from a stage that comes later",
      "FROM @signed\nCOPY --from=x /text /t\nFROM @signed AS x",
    ],
    ["a stage that is named after the image", "FROM @signed AS x\nFROM y"],
    ["an image that only the engine has", "FROM local:1"],
  ] as const)("from an unsigned image by way of %s is refused", async ([, dockerfile]) => {
    await succeed(world.direct("tag", other.id, "local:1"));
    const built = await build({ Dockerfile: dockerfile });
    expect(built.err).toContain("is not signed");
    expect(await isThere(built.tag)).toBe(false);
  });

  test("from the ID of an image on the engine is judged by what that image is", async () => {
    await succeed(world.direct("pull", `${web}@${signed.digest}`));
    const short = signed.id.slice("sha256:".length, "sha256:".length + 12);
    expect(await build({ Dockerfile: `FROM ${short}` })).toMatchObject({ status: 0 });
    expect((await build({ Dockerfile: `FROM ${other.id}` })).err).toContain("is not signed");
  });

  test("takes arguments of the command line, and not the engine's cache", async () => {
    const files = { Dockerfile: "ARG V=2\nFROM " + "@signed".replace("@signed", `${web}:$V`) };
    expect((await build(files)).err).toContain("is not signed");
    const args = ["--build-arg", "V=1", "--cache-from", `${web}:2`];
    expect(await build(files, { args })).toMatchObject({ status: 0 });
    const again = await build({ Dockerfile: "FROM @signed\nRUN cat /text" });
    const twice = await build({ Dockerfile: "FROM @signed\nRUN cat /text" });
    expect(again.out + twice.out).not.toContain("Using cache");
  });

  test("finds its Dockerfile wherever it is, and under no link", async () => {
    const files = { "deep/er/File": "FROM @signed\nCOPY deep/er/x /x", "deep/er/x": "x" };
    const folder = await contextOf({ real: "FROM @signed", ...files });
    const env = { DOCKER_BUILDKIT: "0" };
    const args = ["build", "-f", join(folder, "deep/er/File"), folder];
    const named = await world.docker(args, { env });
    expect(named).toMatchObject({ status: 0 });
    const alone = await world.docker(["build", "-"], { env, input: `FROM ${web}:1\n` });
    expect(alone).toMatchObject({ status: 0 });
    const small = await contextOf({ dockerfile: "FROM @signed" });
    const input = await tarOf(small);
    expect(await world.docker(["build", "-"], { env, input })).toMatchObject({ status: 0 });
    await symlink("real", join(folder, "Dockerfile"));
    const linked = await world.docker(["build", "-"], { env, input: await tarOf(folder) });
    expect(linked.err).toContain("reached through a link");
    const empty = await tarOf(await contextOf({ "sub/Dockerfile": "FROM @signed" }));
    const missing = await world.docker(["build", "-"], { env, input: empty });
    expect(missing.err).toContain("Cannot locate specified Dockerfile: Dockerfile");
  });

  test("takes its archive compressed with gzip, and not with bzip2", async () => {
    const folder = await contextOf({ Dockerfile: "FROM @signed", big: "x".repeat(3_000_000) });
    for (const [flag, words] of [
      ["-z", "Successfully built"],
      ["-j", "bzip2"],
    ] as const) {
      const sent = await world.docker(["build", "--network", "none", "-"], {
        env: { DOCKER_BUILDKIT: "0" },
        input: await tarOf(folder, flag),
      });
      expect(sent.out + sent.err).toContain(words);
    }
  });

  test("keeps files as they are: modes, links, long names, many of them", async () => {
    const long = "n".repeat(120);
    const folder = await contextOf({
      Dockerfile: "FROM @signed\nCOPY . /c\nRUN ls -l /c && cat /c/link /c/d/" + long,
      "d/é ü": "umlaut",
      ["d/" + long]: "long\n",
      file: "file\n",
    });
    await symlink("file", join(folder, "link"));
    await writeFile(join(folder, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    const built = await world.docker(["build", "--network", "none", folder], {
      env: { DOCKER_BUILDKIT: "0" },
    });
    expect(built).toMatchObject({ status: 0 });
    expect(built.out).toMatch(/-rwxr-xr-x.*run\.sh/);
    expect(built.out).toContain("link -> file");
    expect(built.out).toContain("long");
  });

  test("is told what cannot be judged", async () => {
    for (const [dockerfile, words] of [
      ["# syntax=evil/x:1\nFROM @signed", "cannot be judged"],
      ["FROM @signed\nRUN --mount=from=@other cat /text", "needs BuildKit"],
      ["FROM @signed\nRUN cat <<EOF\nFROM @other\nEOF", "here-document"],
      ["ARG X\nFROM $X", "has no value"],
    ] as const)
      expect((await build({ Dockerfile: dockerfile })).err).toContain(words);
  });

  test("in an archive that holds two Dockerfiles, or ends early, runs nothing that was not judged", async () => {
    const first = await contextOf({ Dockerfile: "FROM @signed" });
    const second = await contextOf({ Dockerfile: "FROM @other\nRUN cat /text" });
    const file = `${first}.tar`;
    await succeed(finish(spawn("tar", ["-C", first, "-cf", file, "Dockerfile"])));
    await succeed(finish(spawn("tar", ["-C", second, "-rf", file, "./Dockerfile"])));
    const headers = { "content-type": "application/x-tar" };
    const both = await readFile(file);
    for (const body of [
      both,
      both.subarray(0, 1_536),
      both.subarray(0, 600),
      Buffer.from("junk"),
    ]) {
      const answer = await world.ask("POST", "/v1.41/build?networkmode=none", { body, headers });
      expect(answer.body).not.toContain('not signed\\n"}');
      expect(answer.body).not.toContain("Running in");
    }
  });

  test("of an image that somebody loaded under a signed name is refused", async () => {
    const forged = "sha256:" + "0".repeat(64);
    world.judge.imageIds.set(signed.digest, [forged]);
    try {
      const built = await build({ Dockerfile: "FROM @signed" });
      expect(built.err).toContain("something else under the name");
    } finally {
      world.judge.imageIds.set(signed.digest, [signed.id]);
    }
  });

  test("of a base image that brings others along by its triggers is refused", async () => {
    const folder = await contextOf({
      Dockerfile: "FROM @other\nONBUILD COPY --from=@other /text /evil",
    });
    const name = `${web}:trigger`;
    await succeed(
      finish(
        spawn("docker", ["-H", `unix://${world.socketPath}`, "build", "-t", name, folder], {
          env: { ...process.env, DOCKER_BUILDKIT: "0" },
        }),
      ),
    );
    await succeed(world.direct("push", name));
    const found = await succeed(
      world.direct("image", "inspect", "-f", "{{index .RepoDigests 0}}", name),
    );
    world.judge.signed.set(name, found.out.trim().split("@")[1] as Digest);
    const built = await build({ Dockerfile: `FROM ${name}` });
    expect(built.err).toContain("runs instructions of its own in your build");
  });

  test("starts from nothing but what was judged, however its Dockerfile is written", async () => {
    const pieces = fc.constantFrom(
      ...["FROM @signed", "FROM @signed AS a", "from  A", "FROM scratch", "FROM b", "FROM @other"],
      ...["COPY --from=a /text /t", "COPY --from=0 /text /t", "COPY --from=@other /text /t", "#"],
      ...["ARG I=@other", "ARG I=@signed", "FROM $I", "FROM ${I:-@other}", "COPY . .", "\\", " "],
      ...["LABEL a=b \\", "# escape=`", "LABEL c=d `", "FROM \\", "@other", "@signed", "ENV x=<<E"],
      ...["ONBUILD COPY --from=@other /text /t", "ENV I=@other", "E", "COPY <<E /x", "AS a", "\r"],
    );
    const files = fc.sample(fc.array(pieces, { minLength: 1, maxLength: 6 }), {
      seed,
      numRuns: 60,
    });
    let built = 0;
    for (const lines of files) {
      const ran = await build({ Dockerfile: lines.join("\n") });
      const froms = ran.out.match(/^Step .*? : .*$/gm) ?? [];
      if (ran.status === 0) built += 1;
      const used = froms.filter(
        (step) => / : FROM |--from=/.test(step) && !/ : ONBUILD /.test(step),
      );
      for (const step of used)
        expect(step).toMatch(
          new RegExp(`FROM (?:scratch|a|${web}@${signed.digest})(?: AS a)?$|--from=0 `),
        );
      expect(ran.out).not.toContain(other.digest);
    }
    expect(built).toBeGreaterThan(0);
  });

  test("is judged and not stopped where the policy only watches", async () => {
    world.build = "observe";
    world.judge.mode = "off";
    const built = await build({ Dockerfile: "FROM @other\nRUN cat /text" });
    expect(built).toMatchObject({ status: 0 });
    expect(world.judge.asked.map(({ operation }) => operation)).toContain("build");
    const unread = await build({
      Dockerfile: "# syntax=other/language:1\nFROM @other\nRUN cat /text",
    });
    expect(unread.status).toBe(0);
  });
});
