import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { Writable } from "node:stream";
import type { Terminal } from "./world.ts";

/** The process's own terminal. Questions go to stderr, so that stdout stays the result. */
export function processTerminal(): Terminal {
  return {
    canAsk: process.stdin.isTTY && process.stderr.isTTY,
    takesColour: process.stdout.isTTY,
    ask: (question) => askOn(process.stderr, question),
    askSecret: async (question) => {
      process.stderr.write(question);
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      const answer = await askOn(silent, "");
      process.stderr.write("\n");
      return answer;
    },
    readInput: () => text(process.stdin),
  };
}

function askOn(output: NodeJS.WritableStream, question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  return new Promise((resolve) => {
    lines.once("SIGINT", () => {
      lines.close();
      process.kill(process.pid, "SIGINT");
    });
    lines.once("close", () => resolve(""));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
