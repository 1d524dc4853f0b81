import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { accessSync, constants } from "node:fs";
import { say } from "./say.ts";

/** The full path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders
    .filter((folder) => folder.startsWith("/"))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}

/** Whether packages can be installed without asking anybody: root on Debian, Ubuntu or a child of them. */
export function canInstall(): boolean {
  if (process.getuid?.() !== 0 || findProgram("apt-get") === undefined) return false;
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false; // another kind of system
  }
}

/** Installs Debian packages, and says so. False when that fails; what apt printed is then shown. */
export function install(packages: readonly string[]): boolean {
  say(`installing Debian packages: ${packages.join(" ")}`);
  const apt = (args: readonly string[]): { readonly done: boolean; readonly output: string } => {
    const ran = spawnSync("apt-get", args, {
      encoding: "utf8",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 600_000,
    });
    return { done: ran.status === 0, output: `${ran.stdout}${ran.stderr}` };
  };
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (apt(args).done) return true;
  apt(["update", "-qq"]); // package lists may be old or missing; the second try tells
  const second = apt(args);
  if (!second.done) say(second.output.trim().split("\n").slice(-5).join("\n"));
  return second.done;
}
