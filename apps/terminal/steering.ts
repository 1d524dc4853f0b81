/** Most text: nothing in it steers, and no table of Unicode has to be made to see that. */
const plainText = /^[\n\t\u0020-\u007e]*$/;
const plainLine = /^[\u0020-\u007e]*$/;

/**
 * Takes from a text what would steer a terminal or hide in a line: control and format characters, half pairs, line
 * ends but `\n`. Names, tags and messages come from servers and from files that strangers signed. What is taken out
 * stands there as JSON has it, so that JSON says the same as before.
 */
export function withoutSteering(text: string): string {
  if (plainText.test(text)) return text;
  return text.replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escaped);
}

/** As `withoutSteering`, and without line ends and tabs too: a name makes no rows of its own. */
export function inOneLine(text: string): string {
  if (plainLine.test(text)) return text;
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    const unit = character.charCodeAt(at).toString(16);
    return `\\u${unit.padStart(4, "0")}`;
  }).join("");
}
