import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectDirectory, Stop } from "./settings.ts";

/** The licences of the packages that `files` (paths in the checkout) belong to, as one text. Throws `Stop`. */
export function licencesOf(files: readonly string[]): string {
  const folders = files
    .map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)]
    .toSorted()
    .map(licenceOf)
    .join(`\n${"-".repeat(80)}\n\n`);
}

function licenceOf(folder: string): string {
  const directory = join(projectDirectory, folder);
  const { name, version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
  };
  const texts = readdirSync(directory)
    .filter((file) => /^(?:licen[cs]e|copying|copyright|notice)/i.test(file))
    .toSorted()
    .map((file) => readFileSync(join(directory, file), "utf8").trim());
  if (texts.length === 0) throw new Stop(`${name} comes without a licence: it cannot be bundled`);
  return `${name} ${version}\n\n${texts.join("\n\n")}\n`;
}
