let lastWasBlank = true;

/** Words for the person at the terminal; nothing here is wider than 80 columns. */
export function say(line = ""): void {
  process.stdout.write(`${line}\n`);
  lastWasBlank = line === "" || line.endsWith("\n");
}

/** An empty line, unless the last one was empty. */
export function gap(): void {
  if (!lastWasBlank) say();
}

/** Prose, broken at spaces. */
export function tell(prose: string, indent = ""): void {
  let line = indent;
  for (const word of prose.split(/\s+/)) {
    if (line.length > indent.length && line.length + 1 + word.length > 80) {
      say(line);
      line = indent;
    }
    line += line.length === indent.length ? word : ` ${word}`;
  }
  say(line);
}

export function warn(prose: string): void {
  tell(`warning: ${prose}`);
}
