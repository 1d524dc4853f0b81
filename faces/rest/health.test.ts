import { expect, test } from "vitest";
import { restWorld } from "./testing/rest-world.ts";

test("the server is not healthy while it starts, nor when it cannot do its work", async () => {
  await using starting = await restWorld({ isReady: () => Promise.resolve(false) });
  expect((await starting.send("GET", "/healthz")).status).toBe(503);
  const away = (): Promise<boolean> => Promise.reject(new Error("the database is away"));
  await using broken = await restWorld({ isReady: away });
  expect((await broken.send("HEAD", "/healthz")).status).toBe(503);
});
