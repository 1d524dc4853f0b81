import type { IncomingMessage } from "node:http";

/** The prefix makes browsers insist on Secure, Path=/ and no Domain: no other host can set it. */
const cookieName = "__Host-countersign";
const attributes = "Path=/; Secure; HttpOnly; SameSite=Strict";

/** The session's token in a request's cookie. */
export function sessionCookie(request: IncomingMessage): string | undefined {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [name = "", ...value] = part.split("=");
    if (name.trim() === cookieName) return value.join("=").trim();
  }
  return undefined;
}

export function setSessionCookie(token: string, maxAgeSeconds: number): string {
  return `${cookieName}=${token}; Max-Age=${maxAgeSeconds}; ${attributes}`;
}

export function clearSessionCookie(): string {
  return `${cookieName}=; Max-Age=0; ${attributes}`;
}
