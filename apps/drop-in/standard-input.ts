import type { Input } from "./world.ts";

const interrupt = "\u0003";
const endOfInput = "\u0004";
const rubout = new Set(["\b", "\u007f"]);

/** The process's own standard input. It is not touched before something is asked. */
export function standardInput(open: () => NodeJS.ReadStream): Input {
  let opened: NodeJS.ReadStream | undefined;
  const input = (): NodeJS.ReadStream => (opened ??= open());
  let pending = "";
  let isOver = false;
  const chunks = async function* (): AsyncGenerator<Buffer, void> {
    for await (const chunk of input()) yield Buffer.from(chunk as Uint8Array);
  };
  let source: AsyncGenerator<Buffer, void> | undefined;
  const more = async (): Promise<Buffer | undefined> => {
    if (isOver) return undefined;
    source ??= chunks();
    const { done, value } = await source.next();
    if (done === true || value === undefined) isOver = true;
    return value === undefined ? undefined : value;
  };
  const line = async (): Promise<string | undefined> => {
    for (;;) {
      const end = pending.search(/[\r\n]/);
      if (end >= 0) {
        const found = pending.slice(0, end);
        const isPair = pending.startsWith("\r\n", end);
        pending = pending.slice(end + (isPair ? 2 : 1));
        return found;
      }
      const chunk = await more();
      if (chunk === undefined) {
        const rest = pending;
        pending = "";
        return rest === "" ? undefined : rest;
      }
      pending += chunk.toString("utf8");
    }
  };
  const secret = async (): Promise<string | undefined> => {
    let typed = "";
    const stdin = input();
    stdin.setRawMode(true);
    try {
      for (;;) {
        while (pending !== "") {
          const [letter = ""] = pending;
          pending = pending.slice(letter.length);
          if (letter === "\r" || letter === "\n") return typed;
          if (letter === interrupt) return stopped(stdin);
          if (letter === endOfInput) return typed === "" ? undefined : typed;
          typed = rubout.has(letter) ? Array.from(typed).slice(0, -1).join("") : typed + letter;
        }
        const chunk = await more();
        if (chunk === undefined) return typed === "" ? undefined : typed;
        pending += chunk.toString("utf8");
      }
    } finally {
      stdin.setRawMode(false);
    }
  };
  return {
    get isTerminal() {
      return input().isTTY;
    },
    line,
    secret,
    async all() {
      const read: Buffer[] = [Buffer.from(pending)];
      pending = "";
      for (let chunk = await more(); chunk !== undefined; chunk = await more()) read.push(chunk);
      return Buffer.concat(read);
    },
    close: () => void opened?.destroy(),
  };
}

/** Ends the process as Ctrl-C does elsewhere: in raw mode the terminal no longer does it for us. */
function stopped(stdin: NodeJS.ReadStream): undefined {
  stdin.setRawMode(false);
  process.kill(process.pid, "SIGINT");
  return undefined;
}
