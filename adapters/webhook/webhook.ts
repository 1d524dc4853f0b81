import { createHmac } from "node:crypto";
import type { Clock } from "#domain/kernel";
import type { Webhook } from "#services/gatekeeper";

const waitMs = 10_000;

/**
 * Notices as JSON over POST. `countersign-signature: t=<seconds>,v1=<hex>` is the HMAC-SHA256 of `<seconds>.<body>` under
 * `key`; a notice that is sent again has the same `countersign-delivery`. Anything but 2xx is not taken; redirects are
 * not followed.
 */
export function createWebhook(parts: {
  readonly key: () => Promise<Uint8Array>;
  readonly clock: Clock;
}): Webhook {
  return {
    async send(address, id, notice, { signal }) {
      const body = JSON.stringify(notice);
      const seconds = Math.floor(parts.clock() / 1_000);
      const signature = createHmac("sha256", await parts.key())
        .update(`${seconds}.${body}`)
        .digest("hex");
      const answer = await fetch(address, {
        method: "POST",
        redirect: "manual",
        headers: {
          "content-type": "application/json",
          "user-agent": "countersign",
          "countersign-delivery": id,
          "countersign-signature": `t=${seconds},v1=${signature}`,
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs)]),
      });
      await answer.body?.cancel();
      return answer.ok;
    },
  };
}
