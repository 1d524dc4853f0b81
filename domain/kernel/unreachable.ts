/** Ends a `switch` over a union: a new member of the union then fails to compile here. */
export function unreachable(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}
