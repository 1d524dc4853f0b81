import { single } from "#domain/engine-api";
import type { Options } from "#domain/kernel";
import type { Exchange, Parts } from "./exchange.ts";
import { GatewayError } from "./errors.ts";
import { permitEscapes } from "./permit.ts";
import type { Plan } from "./plan.ts";
import { refuse } from "./refusal.ts";
import { relayStreaming } from "./relay-plan.ts";

const useClassic =
  "BuildKit does not pass this gateway, for what it executes cannot be judged; " +
  "build with DOCKER_BUILDKIT=0, or build elsewhere and push the result";

/** `POST /build` the classic way, its archive relayed intact; whether it may pass is the policy's to say. */
export async function planBuild(parts: Parts, exchange: Exchange): Promise<Plan> {
  if (exchange.asked.operation.path !== "/build") return refuse(403, useClassic);
  const { query } = exchange.asked;
  const isBuildKit =
    (single(query, "version") ?? "1") !== "1" ||
    ["session", "outputs"].some((name) => single(query, name) !== undefined);
  if (isBuildKit) return refuse(403, useClassic);
  if (single(query, "remote") !== undefined)
    return refuse(403, "building from an address is not possible here: send the files themselves");
  const network = single(query, "networkmode") ?? "default";
  const settings = [
    ...(/^(?:host|container:.*)$/i.test(network.trim()) ? ["networkmode"] : []),
    ...["cgroupparent", "securityopt"].filter((name) => !isEmptyOption(single(query, name))),
  ];
  const denied = permitEscapes(
    exchange.caller,
    settings.map((setting) => ({ setting, needs: "full-control" })),
  );
  if (denied !== undefined) return denied;
  const policy = await ask(parts, { signal: exchange.signal });
  return policy === "allow" ? relayStreaming(exchange) : refuse(403, policy.refuse);
}

function isEmptyOption(value: string | undefined): boolean {
  return value === undefined || value === "null" || value === "[]";
}

async function ask(parts: Parts, o: Options): ReturnType<Parts["buildPolicy"]> {
  try {
    return await parts.buildPolicy(o);
  } catch (cause) {
    throw new GatewayError("gateway/judge-failed", "the build policy is not known", { cause });
  }
}
