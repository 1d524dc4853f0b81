/** Whether an image is written with its registry: a host has a dot, a port or is `localhost`, as docker has it. */
export function hasHost(image: string): boolean {
  const slash = image.indexOf("/");
  const first = image.slice(0, Math.max(slash, 0));
  return /[.:]/.test(first) || first === "localhost";
}
