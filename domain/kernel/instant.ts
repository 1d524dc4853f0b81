/** A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. */
export type Instant = number;

/** Tells the time. A part like any other, so that tests can give it. */
export type Clock = () => Instant;
