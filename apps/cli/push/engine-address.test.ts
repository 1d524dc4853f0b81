import { expect, test } from "vitest";
import type { World } from "../world.ts";
import { engineAddress } from "./engine-address.ts";

test.for([{ DOCKER_HOST: "ssh://engine.lab" }, { DOCKER_CONTEXT: "unheard-of" }])(
  "an engine that cannot be asked from here is wrong usage: %o",
  async (env) => {
    const world = { env, homeDirectory: "/nowhere", workingDirectory: "/" } as unknown as World;
    await expect(engineAddress(world)).rejects.toMatchObject({ code: "cli/usage" });
  },
);
