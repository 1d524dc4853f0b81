import type { FileFault } from "#adapters/trust-directory";
import { unreachable } from "#domain/kernel";
import type { Expiry, KeyFindings, KeyUse } from "#services/signer";
import { moment, table } from "../text.ts";
import type { Examined } from "./run-doctor.ts";

/** Something that needs attention, and what to do about it. */
export type Trouble = { readonly about: string; readonly message: string; readonly hint: string };

export function troublesOf(examined: Examined): readonly Trouble[] {
  const { tokenFault } = examined;
  const hint = "its keys are not looked at; countersign key tokens shows what is there";
  return [
    ...(tokenFault === undefined ? [] : [{ about: "token", message: tokenFault, hint }]),
    ...examined.keys.flatMap(keyTroubles),
    ...examined.expiries.flatMap(expiryTroubles),
    ...examined.faults.map((fault) => fileTrouble(fault, examined.directory)),
    ...examined.unreadable.map((gun) => ({
      about: gun,
      message: `the trust data of ${gun} that is kept here cannot be read`,
      hint: `countersign inspect ${gun} fetches it anew`,
    })),
  ];
}

function fileTrouble({ file, fault }: FileFault, directory: string): Trouble {
  const path = `${directory}/${file}`;
  switch (fault) {
    case "open-to-others":
      return {
        about: file,
        message: `others on this machine may read ${file}`,
        hint: `chmod ${file === "private" ? "700" : "600"} ${path}`,
      };
    case "unreadable":
      return { about: file, message: `${file} cannot be read`, hint: `chmod 600 ${path}` };
    case "no-key":
      return {
        about: file,
        message: `${file} is not a private key, or a broken one`,
        hint: "move it away; countersign key restore brings a key back from a backup",
      };
    default:
      return unreachable(fault);
  }
}

function keyTroubles(key: KeyFindings): readonly Trouble[] {
  const name = `${kindOf(key)} key ${key.id.slice(0, 7)}`;
  const about = key.id;
  const found: Trouble[] = [];
  const alone = key.uses.filter((use) => use.alone);
  if (key.role === "root" && !key.isOnToken && key.backedUpAt === undefined)
    found.push({
      about,
      message: `there is no backup of the ${name}${alone.length === 0 ? "" : `, on which ${countOf(alone)} on its own`}`,
      hint: "countersign key backup FILE",
    });
  if (key.isOnToken && key.uses.some(({ role, alone: only }) => only && role === "root"))
    found.push({
      about,
      message: `no backup can be made of the ${name} on a token, and repositories depend on it alone`,
      hint: "keep it safe, and write down what to do without it: docs/guides/recover-a-root-key.md",
    });
  if (key.isRevoked)
    found.push({
      about,
      message: `the ${name} is revoked at the server: what it signs does not count`,
      hint: "countersign sign offers a new one; whoever holds the targets key takes this one out",
    });
  return found;
}

function countOf(uses: readonly KeyUse[]): string {
  const count = new Set(uses.map(({ gun }) => gun)).size;
  return count === 1 ? "one repository depends" : `${count} repositories depend`;
}

function expiryTroubles(expiry: Expiry): readonly Trouble[] {
  if (expiry.state === "good") return [];
  const { gun, role, what, canRenew, expires } = expiry;
  const when = moment(expires).slice(0, 10);
  const subject = what === "file" ? `${role} of ${gun}` : `a root certificate of ${gun}`;
  return [
    {
      about: gun,
      message: `${subject} ${expiry.state === "over" ? "expired" : "expires"} on ${when}`,
      hint: canRenew ? renewal(expiry) : `whoever holds its ${role} key signs it again`,
    },
  ];
}

function renewal({ gun, role, what }: Expiry): string {
  if (what === "certificate" || role === "root")
    return `countersign key rotate ${gun} root --to ID, with the id of its root key`;
  return `countersign key renew ${gun}`;
}

export function doctorJson(examined: Examined, troubles: readonly Trouble[]): object {
  const { keys, expiries, directory, stale } = examined;
  return {
    directory,
    keys: keys.map(({ id, role, gun, location, uses, backedUpAt, isOnToken, isRevoked }) => ({
      ...{ id, role, repository: gun, location, isOnToken, isRevoked },
      backedUpAt: backedUpAt === undefined ? undefined : moment(backedUpAt),
      uses: uses.map(({ gun: repository, ...use }) => ({ repository, ...use })),
    })),
    expiries: expiries.map(({ gun, expires, ...rest }) => ({
      repository: gun,
      ...rest,
      expires: moment(expires),
    })),
    notAsked: stale,
    attention: troubles,
  };
}

export function doctorText(examined: Examined, troubles: readonly Trouble[]): string {
  const { keys, expiries, stale, directory } = examined;
  if (keys.length === 0 && troubles.length === 0) return `no private keys in ${directory}\n`;
  const parts = [keys.map(keyText).join("\n")];
  const soonest = expiries.slice(0, maxExpiries);
  if (soonest.length > 0)
    parts.push(
      table(
        ["EXPIRES", "WHAT", "REPOSITORY"],
        soonest.map(({ expires, what, role, gun }) => [
          moment(expires).slice(0, 10),
          what === "file" ? role : "root certificate",
          gun,
        ]),
      ) +
        (expiries.length > maxExpiries ? `and ${expiries.length - maxExpiries} later ones\n` : ""),
    );
  if (stale.length > 0)
    parts.push(`By what was last seen here, for no server said more: ${stale.join(", ")}\n`);
  parts.push(
    troubles.length === 0
      ? "Nothing needs attention.\n"
      : troubles.map(({ message, hint }) => `attention: ${message}\nhint:      ${hint}\n`).join(""),
  );
  return parts.join("\n");
}

const maxExpiries = 20;

function keyText(key: KeyFindings): string {
  const backup = key.isOnToken
    ? "cannot be backed up"
    : key.backedUpAt === undefined
      ? "not backed up"
      : `backed up ${moment(key.backedUpAt).slice(0, 10)}`;
  const where = key.isOnToken ? ` on ${key.location}` : "";
  const uses = key.uses.map(useText);
  const none =
    key.gun === undefined ? "no repository known here lists it" : `${key.gun} does not list it`;
  const lines = uses.length === 0 ? [none] : uses;
  return `${kindOf(key)} key ${key.id.slice(0, 16)}${where}, ${backup}${key.isRevoked ? ", revoked" : ""}\n${lines
    .map((line) => `  ${line}\n`)
    .join("")}`;
}

function useText({ gun, role, threshold, others, othersHeld, alone }: KeyUse): string {
  const rest =
    others === 0
      ? "nobody else can sign"
      : `${others} other ${others === 1 ? "key" : "keys"}${othersHeld > 0 ? ` (${othersHeld} held here)` : ""}`;
  const need = threshold === 1 ? "" : `, ${threshold} needed`;
  return `${role} of ${gun}: ${rest}${need}${alone && others > 0 ? ", cannot do without it" : ""}`;
}

const kindOf = ({ role }: { readonly role: string }): string => (role === "" ? "delegation" : role);
