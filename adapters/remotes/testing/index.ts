/** A server over real TLS that answers what a test says. */
export { answeringServer, type AnsweringServer, type Handler } from "./answering-server.ts";
