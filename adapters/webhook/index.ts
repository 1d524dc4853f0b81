/** Tells somebody outside what happened, signed so that they know who tells it. */
export { createWebhook } from "./webhook.ts";
