/** `sha256:9f2c41…7be1`: the algorithm, the first six and the last four digits. */
export function shortDigest(value: string): string {
  const colon = value.indexOf(":");
  const algorithm = value.slice(0, colon + 1);
  const digits = value.slice(colon + 1);
  return digits.length <= 12 ? value : `${algorithm}${digits.slice(0, 6)}…${digits.slice(-4)}`;
}

/** `text`, perhaps the name of an image, with every digest and image ID in it shortened. */
export function shortenDigests(text: string): string {
  return text.replaceAll(/\b(?:sha256:)?[0-9a-f]{64}\b/g, shortDigest);
}
