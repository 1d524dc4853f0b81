import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEngine, type TestEngine } from "../harness/engine.ts";
import { noEngine } from "../harness/peers.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";
import { setStage, succeed, type Person, type Stage } from "./cast.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const patienceMs = 15_000;

describe.skipIf(noEngine() || !existsSync(executablePath))("the web UI on the real server", () => {
  let engine: TestEngine;
  let server: ServerUnderTest;
  let stage: Stage;
  let alice: Person;
  let browser: Browser;
  let page: Page;
  let image: string;

  beforeAll(async () => {
    engine = await startEngine();
    server = await startServer({ engine: `unix://${engine.socketPath}` });
    stage = await setStage(server);
    image = `${server.registryHost}/acme/web:1`;
    await succeed(stage.admin(["org", "create", "acme"]));
    for (const team of ["acme/qa", "acme/security"])
      await succeed(stage.admin(["team", "create", team, "--right", "write"]));
    alice = await stage.person("alice", ["acme/qa"]);
    await stage.person("bob", ["acme/security"]);
    await stage.image(alice.docker, image, "unsigned");
    await alice.docker.must(["push", "-q", image]);
    await alice.docker.must(["run", "-d", "--network", "none", "--name", "early", image]);
    browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
    const context = await browser.newContext({ baseURL: server.ui, ignoreHTTPSErrors: true });
    context.setDefaultTimeout(patienceMs);
    page = await context.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await engine?.stop();
  });

  const signIn = async (name: string, password: string): Promise<void> => {
    await page.getByLabel("Username").fill(name);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
  };

  test("the admin turns enforcement on and is told which workload would no longer pass", async () => {
    await page.goto("/settings/content-trust");
    await signIn("admin", server.adminPassword);
    await page.getByRole("switch", { name: "Run only signed images" }).press("Space");
    for (const team of ["acme/qa", "acme/security"]) {
      await page.getByRole("combobox", { name: "Require signature from" }).click();
      await page.getByRole("option", { name: team }).click();
      await page.keyboard.press("Escape");
    }
    await page
      .getByRole("region", { name: "What this would do" })
      .getByText("1 of 1 running workload could not be deployed again")
      .waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Only signed images run now").waitFor();
    expect(await succeed(stage.admin(["policy", "get"]))).toMatch(/mode +enforce/);
  });

  test("the link in docker's refusal leads to the page that explains it", async () => {
    const refused = await alice.docker.run(["run", "--rm", "--network", "none", image, "true"]);
    expect(refused.exitCode).toBe(125);
    const link = /details: (\S+)/.exec(refused.err)?.[1] ?? "";
    await page.goto(link);
    await page.getByRole("heading", { name: "acme/web:1", level: 1 }).waitFor();
    await page.getByText("Would be refused", { exact: true }).waitFor();
    const required = page.getByRole("table", { name: "Required teams" });
    await required.getByRole("row", { name: /acme\/security/ }).waitFor();
  });

  test("the pages of workloads and decisions show what happened", async () => {
    await page.goto("/workloads");
    await page.getByText("early", { exact: true }).first().waitFor();
    await page.goto("/decisions");
    await page.getByRole("cell", { name: "refused", exact: true }).first().waitFor();
    expect(await page.getByRole("row", { name: /acme\/web:1/ }).count()).toBeGreaterThan(0);
  });

  test("everybody gets a client bundle that docker takes", async () => {
    await page.context().clearCookies();
    await page.goto("/people/users/alice");
    await signIn("alice", alice.password);
    await page.getByRole("button", { name: "New client bundle" }).click();
    await page.getByLabel("Label").fill("from the browser");
    const bundle = await download(page, "Create and download");
    expect(filesIn(bundle)).toEqual(expect.arrayContaining(["ca.pem", "cert.pem", "key.pem"]));
    const context = join(stage.folder, "context.zip");
    await writeFile(context, await download(page, "Download the Docker context"));
    await alice.docker.must(["context", "import", "browser", context]);
    const env = { DOCKER_HOST: "", DOCKER_TLS_VERIFY: "", DOCKER_CERT_PATH: "" };
    const asBrowser = ["--context", "browser", "ps", "--format", "{{.Names}}"];
    expect((await alice.docker.must(asBrowser, { env })).trim()).toBe("early");
  });
});

async function download(page: Page, button: string): Promise<Buffer> {
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return await readFile(await (await downloading).path());
}

const filesIn = (archive: Buffer): readonly string[] => Object.keys(unzipSync(archive));
