import { expect, test } from "vitest";
import { followPush } from "./push-progress.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const end = { aux: { Tag: "1", Digest: digest, Size: 527 } };

async function follow(...chunks: readonly string[]) {
  let shown = "";
  async function* answer(): AsyncGenerator<Buffer, void> {
    for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
  }
  const pushed = await followPush(answer(), (text) => (shown += text));
  return { shown, pushed };
}
const lines = (...messages: readonly object[]): string =>
  messages.map((message) => `${JSON.stringify(message)}\r\n`).join("");

test("a push is shown without its bars, and ends with what the registry has", async () => {
  const text = lines(
    { status: "The push refers to repository [a.test/b]" },
    { id: "59d0", status: "Preparing", progressDetail: {} },
    { id: "59d0", status: "Pushing", progress: "[=>  ]", progressDetail: { current: 1 } },
    { id: "59d0", status: "Pushed" },
    end,
  );
  const shown = "The push refers to repository [a.test/b]\n59d0: Preparing\n59d0: Pushed\n";
  const pushed = { sha256: "ab".repeat(32), length: 527 };
  expect(await follow(text)).toEqual({ shown, pushed });
  expect(await follow(...Array.from(text))).toEqual({ shown, pushed });
});

test("notes about other platforms beside the result do no harm", async () => {
  const note = { aux: { manifestPushedInsteadOfIndex: true } };
  expect((await follow(lines(note, end, note))).pushed.length).toBe(527);
});

test("the engine's error ends it, in the engine's words", async () => {
  const error = { errorDetail: { message: "denied: requested access" }, error: "denied" };
  await expect(follow(lines(error))).rejects.toMatchObject({
    code: "docker-trust/failed",
    message: "denied: requested access",
  });
});

test("words of an engine do not drive the terminal", async () => {
  const { shown } = await follow(lines({ status: "\u001b[2Jcleared\u0007" }, end));
  expect(shown).toBe("[2Jcleared\n");
});

test.for([
  "",
  "{",
  "[]\n",
  '"text"\n',
  lines({ status: 7 }),
  lines({ status: "done" }),
  lines({ aux: { Tag: "1", Digest: "sha256:short", Size: 1 } }),
  lines({ aux: { Tag: "1", Digest: digest, Size: -1 } }),
  "x".repeat(1_200_000),
])("an answer that says nothing of use is a failure (%#)", async (text) => {
  await expect(follow(text)).rejects.toMatchObject({ code: "docker-trust/failed" });
});
