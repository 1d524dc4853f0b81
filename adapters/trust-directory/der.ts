/** The handful of DER (ITU-T X.690) that private key files are framed in. Encoding only: no cryptography. */
export type Der = { readonly tag: number; readonly content: Uint8Array };

export const derTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
} as const;

/** The values that stand one after another in `bytes`, and nothing else; undefined for anything that is not so. */
export function readDer(bytes: Uint8Array): readonly Der[] | undefined {
  const values: Der[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0xff;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    if (lengthBytes > 3) return undefined;
    let length = first < 0x80 ? first : 0;
    for (let index = 0; index < lengthBytes; index += 1)
      length = length * 256 + (bytes[at + 2 + index] ?? 0);
    const start = at + 2 + lengthBytes;
    if (start + length > bytes.length) return undefined;
    values.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return values;
}

/** The parts of the one sequence that `bytes` are. */
export function readSequence(bytes: Uint8Array): readonly Der[] | undefined {
  const [only, ...more] = readDer(bytes) ?? [];
  if (only?.tag !== derTag.sequence || more.length > 0) return undefined;
  return readDer(only.content);
}

export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const hex = length.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 + digits.length]), digits, content]);
}

/** A small whole number that is not negative. */
export function writeInteger(value: number): Uint8Array {
  const hex = value.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const sign = (digits[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0);
  return writeDer(derTag.integer, sign, digits);
}

/** A whole number of up to six bytes that is not negative. */
export function integerOf(value: Der | undefined): number | undefined {
  if (value?.tag !== derTag.integer || value.content.length === 0 || value.content.length > 6)
    return undefined;
  if ((value.content[0] ?? 0) >= 0x80) return undefined;
  return Buffer.from(value.content).readUIntBE(0, value.content.length);
}

/** An object identifier in its usual notation, as the content bytes of its DER. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift(128 + (left % 128));
    bytes.push(...groups);
  }
  return Uint8Array.from(bytes);
}

export function isOid(value: Der | undefined, dotted: string): boolean {
  return value?.tag === derTag.oid && Buffer.from(oid(dotted)).equals(value.content);
}
