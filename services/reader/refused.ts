import type { TrustReading } from "#domain/tuf";

/** Ends a verification early with the reading it came to. Never leaves this room. */
export class Refused extends Error {
  readonly reading: TrustReading;

  constructor(reading: TrustReading) {
    super(reading.kind);
    this.reading = reading;
  }
}

export function refuse(reading: TrustReading): never {
  throw new Refused(reading);
}
