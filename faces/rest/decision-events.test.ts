import { request } from "undici";
import { expect, test } from "vitest";
import { parseAccountName } from "#domain/identity";
import { restWorld, type RestWorld } from "./testing/rest-world.ts";

const web = "localhost:8443/acme/web:1";

async function people(): Promise<RestWorld> {
  const world = await restWorld();
  await world.person("root", { isAdmin: true });
  await world.person("bob");
  return world;
}

/** Opens the stream, reads its first line, and gives the rest in pieces. */
async function listen(world: RestWorld, username: string) {
  const password = `${username}-password`;
  const { token } = await world.accounts.signIn({ username, password }, world.o);
  const answer = await request(`https://${world.host}/api/v1/decisions/events`, {
    dispatcher: world.dispatcher,
    headers: { authorization: `Bearer ${token}` },
  });
  const pieces = answer.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let text = "";
  const until = async (wanted: string): Promise<string> => {
    while (!text.includes(wanted)) {
      const { done, value } = await pieces.next();
      if (done === true) return `${text}<end>`;
      text += value.toString();
    }
    return text;
  };
  const decisions = (): string[] =>
    [...text.matchAll(/^data: (.*)$/gm)].map(
      ([, data = ""]) => (JSON.parse(data) as { id: string }).id,
    );
  await until(": decisions\n\n");
  return {
    status: answer.statusCode,
    type: answer.headers["content-type"],
    until,
    decisions,
    token,
    body: answer.body,
  };
}

test("an admin hears every decision as it is made", async () => {
  await using world = await people();
  const stream = await listen(world, "root");
  expect([stream.status, stream.type]).toEqual([200, "text/event-stream; charset=utf-8"]);
  for (let count = 0; count < 3; count += 1) world.gatekeeping.decide("bob", web);
  await stream.until("id: 3\n");
  await stream.until('"id":"3"');
  expect(stream.decisions()).toEqual(["1", "2", "3"]);
});

test("somebody else hears only of what is theirs to see", async () => {
  await using world = await people();
  const stream = await listen(world, "bob");
  world.gatekeeping.decide("root", web);
  world.gatekeeping.decide("bob", web);
  world.gatekeeping.decide("bob", "docker.io/library/nginx:latest");
  world.gatekeeping.decide("root", "localhost:8443/acme/public:1");
  await stream.until('"id":"4"');
  expect(stream.decisions()).toEqual(["3", "4"]);
});

test("the stream ends with the session, before anything more is told", async () => {
  await using world = await people();
  const stream = await listen(world, "bob");
  await world.accounts.updateUser(parseAccountName("bob"), { isActive: false }, world.o);
  world.gatekeeping.decide("bob", web);
  expect(await stream.until("data:")).toBe(": decisions\n\n<end>");
  expect(world.gatekeeping.listeners()).toBe(0);
});

test("who goes away is not told any more", async () => {
  await using world = await people();
  const stream = await listen(world, "root");
  expect(world.gatekeeping.listeners()).toBe(1);
  stream.body.destroy();
  await expect.poll(() => world.gatekeeping.listeners()).toBe(0);
});

test("a server that stops ends the stream", async () => {
  const world = await people();
  const stream = await listen(world, "root");
  const ended = stream.until("never").catch(() => "<cut>");
  await world[Symbol.asyncDispose]();
  expect(await ended).toMatch(/<end>|<cut>/);
  expect(world.gatekeeping.listeners()).toBe(0);
});
