/**
 * After `registry add`, `--ca` is about that registry. The CA of our own server, which has the same name
 * everywhere, is then given before the command or by COUNTERSIGN_CA.
 */
export function registryArguments(args: readonly string[]): readonly string[] {
  const at = args.findIndex((word, index) => word === "registry" && args[index + 1] === "add");
  if (at < 0) return args;
  return args.map((word, index) =>
    index < at ? word : word.replace(/^--ca(?==|$)/, "--registry-ca"),
  );
}
