import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { keyStoreSuite } from "#services/signer/testing";
import { missingForTokens, softToken, type SoftToken } from "../../tests/harness/soft-token.ts";
import { listTokens, openToken, type PinRequest, type Token } from "./index.ts";

const o = { signal: new AbortController().signal };
const reason = missingForTokens();
const before = process.env["SOFTHSM2_CONF"];
afterAll(() => {
  if (before === undefined) delete process.env["SOFTHSM2_CONF"];
  else process.env["SOFTHSM2_CONF"] = before;
});

/** A token of its own; the module reads where it is from the environment. */
async function aToken(): Promise<SoftToken> {
  const token = await softToken();
  process.env["SOFTHSM2_CONF"] = token.env["SOFTHSM2_CONF"];
  return token;
}

const withPin = (pin: string | undefined, asked: PinRequest[] = []) => ({
  pin: (request: PinRequest): Promise<string | undefined> => {
    asked.push(request);
    return Promise.resolve(pin);
  },
});

describe.skipIf(reason !== undefined)(
  `keys on a token${reason === undefined ? "" : `: skipped, ${reason}`}`,
  () => {
    keyStoreSuite("a token", async () => {
      const soft = await aToken();
      const opened: Token[] = [];
      const open = async () => {
        const token = await openToken(soft, withPin(soft.pin));
        opened.push(token);
        return token.keys;
      };
      return {
        keys: await open(),
        again: open,
        async [Symbol.asyncDispose]() {
          for (const each of opened) await each[Symbol.asyncDispose]();
          await soft[Symbol.asyncDispose]();
        },
      };
    });

    test("its keys are listed without its PIN, and opened with it: it is asked for once", async () => {
      await using soft = await aToken();
      const asked: PinRequest[] = [];
      const made = await withToken(soft, soft.pin, [], ({ keys }) =>
        keys.generate({ role: "root" }, o),
      );
      await withToken(soft, soft.pin, asked, async ({ keys }) => {
        expect(await keys.list(o)).toEqual([
          { id: made.id, role: "root", location: "token office" },
        ]);
        expect(asked).toEqual([]);
        await keys.open(made.id, o);
        await keys.open(made.id, o);
        expect(asked).toEqual([{ token: "office", tries: "plenty" }]);
      });
    });

    test("a wrong PIN is tried once, however often a key is wanted; the token counts", async () => {
      await using soft = await aToken();
      const { id } = await withToken(soft, soft.pin, [], ({ keys }) =>
        keys.generate({ role: "root" }, o),
      );
      const asked: PinRequest[] = [];
      await withToken(soft, "0000", asked, async ({ keys }) => {
        for (let times = 0; times < 5; times += 1)
          await expect(keys.open(id, o)).rejects.toMatchObject({ code: "signer/pin-wrong" });
      });
      expect(asked).toHaveLength(1);
      await withToken(soft, soft.pin, asked, async ({ keys }) => {
        expect(await keys.open(id, o)).toBeDefined();
      });
      expect(asked.map(({ tries }) => tries)).toEqual(["plenty", "low"]);
    });

    test("without a PIN nothing is tried", async () => {
      await using soft = await aToken();
      await withToken(soft, undefined, [], async ({ keys }) => {
        await expect(keys.generate({ role: "root" }, o)).rejects.toMatchObject({
          code: "signer/pin-wrong",
        });
      });
    });

    test("a token that is gone while its key is in use is a fault with a name", async () => {
      await using soft = await aToken();
      await withToken(soft, soft.pin, [], async ({ keys }) => {
        const key = await keys.generate({ role: "root" }, o);
        await rm(join(soft.folder, "tokens"), { recursive: true });
        await expect(key.sign(Buffer.from("text"))).rejects.toMatchObject({
          code: "signer/token-unusable",
          message: expect.stringContaining("token office") as string,
        });
      });
    });

    test("tokens are found by their labels", async () => {
      await using soft = await aToken();
      expect(await listTokens(soft.module)).toMatchObject([{ label: "office" }]);
      await expect(openToken({ ...soft, label: "home" }, withPin("1"))).rejects.toMatchObject({
        code: "signer/token-unusable",
        message: "no token home is there; there are: office",
      });
    });

    test("a path that is no module is told", async () => {
      await expect(listTokens("/nowhere/module.so")).rejects.toMatchObject({
        code: "signer/token-unusable",
        message: "/nowhere/module.so is not a PKCS#11 module",
      });
    });
  },
);

async function withToken<Value>(
  soft: SoftToken,
  pin: string | undefined,
  asked: PinRequest[],
  act: (token: Token) => Promise<Value>,
): Promise<Value> {
  await using token = await openToken(soft, withPin(pin, asked));
  return await act(token);
}
