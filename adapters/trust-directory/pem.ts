/** One PEM block, its headers taken apart (RFC 1421, section 4.4; Go's `encoding/pem`). */
export type PemBlock = {
  readonly label: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
};

const BLOCK =
  /-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*\r?\n([^-]*(?:-(?!----)[^-]*)*)-----END \1-----/g;
const HEADER = /^([A-Za-z][A-Za-z0-9-]*):(.*)$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const lineCharacters = 64;

/** The blocks of a text, in order; undefined where one is not PEM. Text around them is passed over. */
export function readPem(text: string): readonly PemBlock[] | undefined {
  const blocks = [...text.matchAll(BLOCK)].map(([, label = "", body = ""]) => blockOf(label, body));
  const isWhole = blocks.length === text.split("-----BEGIN ").length - 1;
  return isWhole && blocks.every((block) => block !== undefined) ? blocks : undefined;
}

/** Writes a block as Go does: `Proc-Type` first, the other headers sorted, an empty line after them. */
export function writePem({ label, headers, bytes }: PemBlock): string {
  const rank = (name: string): string => (name === "Proc-Type" ? "" : name);
  const sorted = [...headers].sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1));
  const head = sorted.map(([name, value]) => `${name}: ${value}\n`).join("");
  const base64 = Buffer.from(bytes).toString("base64");
  const lines: string[] = [];
  for (let start = 0; start < base64.length; start += lineCharacters)
    lines.push(`${base64.slice(start, start + lineCharacters)}\n`);
  const gap = head === "" ? "" : "\n";
  return `-----BEGIN ${label}-----\n${head}${gap}${lines.join("")}-----END ${label}-----\n`;
}

function blockOf(label: string, body: string): PemBlock | undefined {
  const headers = new Map<string, string>();
  const lines = body.split(/\r?\n/);
  let first = 0;
  for (; first < lines.length; first += 1) {
    const [, name, value = ""] = HEADER.exec(lines[first] ?? "") ?? [];
    if (name === undefined) break;
    if (headers.has(name)) return undefined;
    headers.set(name, value.trim());
  }
  const base64 = lines.slice(first).join("").replaceAll(/[ \t]/g, "");
  if (base64 === "" || !BASE64.test(base64)) return undefined;
  return { label, headers, bytes: Buffer.from(base64, "base64") };
}
