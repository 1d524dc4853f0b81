import type { OpenRepository } from "#domain/tuf";
import type { ImageName } from "./image-name.ts";
import { canonicalIds, delegationsOf, releasedRoles, signedTags, signerOf } from "./released.ts";

type Keys = readonly { readonly ID: string }[];

/** What `docker trust inspect` prints of an image, names and order included. */
export type Inspected = {
  readonly Name: string;
  readonly SignedTags: readonly {
    readonly SignedTag: string;
    readonly Digest: string;
    readonly Signers: readonly string[];
  }[];
  readonly Signers: readonly { readonly Name: string; readonly Keys: Keys }[];
  readonly AdministrativeKeys: readonly { readonly Name: string; readonly Keys: Keys }[];
};

const administrator = "Repo Admin";
const shortIdLength = 12;

export function inspected(image: ImageName, open: OpenRepository): Inspected {
  const { root, targets } = open.root.signed;
  const ids = (all: Iterable<string>): Keys => [...all].map((ID) => ({ ID }));
  const signers = delegationsOf(open)
    .filter(({ name }) => !releasedRoles.includes(name))
    .map((delegation) => ({
      Name: signerOf(delegation.name),
      Keys: ids(canonicalIds(delegation)),
    }));
  return {
    Name: image.typed,
    SignedTags: signedTags(open, image.tag).map(({ tag, digest, signers: by }) => ({
      SignedTag: tag,
      Digest: digest,
      Signers: by.length === 0 ? [administrator] : by,
    })),
    Signers: signers.toSorted((a, b) => (a.Name > b.Name ? -1 : 1)),
    AdministrativeKeys: [
      { Name: "Root", Keys: ids(root.keys.keys()) },
      { Name: "Repository", Keys: ids(targets.keys.keys()) },
    ],
  };
}

/** The same for people. */
export function pretty({ Name, SignedTags, Signers, AdministrativeKeys }: Inspected): string {
  const tags = SignedTags.map(({ SignedTag, Digest, Signers: by }) => [
    printable(SignedTag),
    Digest,
    by[0] === administrator ? `(${administrator})` : by.toSorted().join(", "),
  ]);
  const signers = Signers.map((signer) => [
    signer.Name,
    signer.Keys.map(({ ID }) => ID.slice(0, shortIdLength))
      .toSorted()
      .join(", "),
  ]).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  const keys = AdministrativeKeys.map(
    (role) => `  ${role.Name} Key:\t${role.Keys.map(({ ID }) => ID).join(", ")}\n`,
  ).toSorted();
  return [
    ...(tags.length === 0
      ? [`\nNo signatures for ${Name}\n\n`]
      : [`\nSignatures for ${Name}\n\n`, table(["SIGNED TAG", "DIGEST", "SIGNERS"], tags)]),
    ...(signers.length === 0
      ? []
      : [`\nList of signers and their keys for ${Name}\n\n`, table(["SIGNER", "KEYS"], signers)]),
    `\nAdministrative keys for ${Name}\n\n${keys.join("")}`,
  ].join("");
}

const leastWidth = 10;
const gap = 3;

/** Columns as docker sets them: three spaces apart, and none narrower than ten. The last is not filled up. */
function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers, ...rows];
  const widths = headers.map((_, at) =>
    Math.max(leastWidth, ...lines.map((line) => Array.from(line[at] ?? "").length + gap)),
  );
  return lines
    .map((line) => {
      const cells = line
        .slice(0, -1)
        .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - Array.from(cell).length));
      return `${cells.join("")}${line.at(-1) ?? ""}\n`;
    })
    .join("");
}

/** Names of targets are whatever a signer wrote: none may drive the terminal. */
function printable(name: string): string {
  // oxlint-disable-next-line no-control-regex -- just these must not reach a terminal
  return name.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}
