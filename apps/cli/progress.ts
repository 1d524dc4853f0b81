import { columns } from "./text.ts";
import type { World } from "./world.ts";

/** One line on stderr that says what is going on, on a terminal alone. */
export type Progress = { say(text: string): void; end(): void };

export function progressOn(world: World, { quiet }: { readonly quiet: boolean }): Progress {
  const isShown = world.terminal.canAsk && !quiet;
  let isOpen = false;
  const write = (text: string): void => {
    if (isShown) world.err(`\r${text}\u001b[K`);
  };
  return {
    say(text) {
      write(text.slice(0, columns - 1));
      isOpen = true;
    },
    end() {
      if (isOpen) write("");
      isOpen = false;
    },
  };
}
