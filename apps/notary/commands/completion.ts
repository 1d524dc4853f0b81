import { commands, globalFlags } from "../commands.ts";
import { failure } from "../errors.ts";
import type { Invocation } from "../invocation.ts";

/** Prints what a shell completes: commands, their subcommands and flags. */
export function run({ world, args }: Invocation): Promise<void> {
  const [shell] = args;
  const script = shell === undefined ? undefined : scripts.get(shell);
  if (script === undefined) throw failure("which shell? notary completion bash, fish or zsh");
  world.out(script());
  return Promise.resolve();
}

const scripts: ReadonlyMap<string, () => string> = new Map([
  ["bash", bash],
  ["zsh", () => `#compdef notary\nautoload -U +X bashcompinit && bashcompinit\n${bash()}`],
  ["fish", fish],
]);

/** What may follow each command's words. */
function words(): readonly (readonly [string, readonly string[]])[] {
  const below = (prefix: string): readonly string[] =>
    commands
      .filter(({ name }) => name.startsWith(prefix) && !name.slice(prefix.length).includes(" "))
      .map(({ name }) => name.slice(prefix.length));
  const flagsOf = (flags: typeof globalFlags): readonly string[] =>
    flags.map(({ name }) => `--${name}`);
  return [
    ["", [...below(""), ...flagsOf(globalFlags), "--help", "--version"]],
    ...commands.map(
      ({ name, flags }) =>
        [
          name,
          [...below(`${name} `), ...flagsOf(flags), ...flagsOf(globalFlags), "--help"],
        ] as const,
    ),
  ];
}

function bash(): string {
  const cases = words().map(([name, next]) => `    "${name}") next="${next.join(" ")}" ;;`);
  const groups = commands.filter(({ load }) => load === undefined).map(({ name }) => name);
  return `_notary() {
  local word path="" next=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      -*) ;;
      *) case "$path" in
        "") path="$word" ;;
        ${groups.join("|")}) path="$path $word" ;;
      esac ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -o default -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _notary notary
`;
}

function fish(): string {
  const lines = commands.map(({ name, short }) => {
    const [first = "", second] = name.split(" ");
    const when =
      second === undefined ? "__fish_use_subcommand" : `__fish_seen_subcommand_from ${first}`;
    return `complete -c notary -n '${when}' -a '${second ?? first}' -d '${short.replaceAll("'", "\\'")}'`;
  });
  const flags = globalFlags.map(({ name, help }) => `complete -c notary -l ${name} -d '${help}'`);
  return `${[...lines, ...flags].join("\n")}\n`;
}
