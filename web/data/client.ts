import { createClient } from "#contracts";

/** The REST API of the server that this page came from; the browser sends the session's cookie. */
export const api = createClient({ server: "" });
